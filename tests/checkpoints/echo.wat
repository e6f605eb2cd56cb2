;; Answers with what it reads; also below as many frames as it is told.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $deep (export "deep") (param $depth i32) (result i32)
    (if (i32.eqz (local.get $depth))
      (then (call $echo) (return (i32.const 0))))
    (i32.add (call $deep (i32.sub (local.get $depth) (i32.const 1))) (local.get $depth)))
  (func $echo (export "_start")
    (loop $again
      (i64.store (i32.const 0) (i64.const 0x40_00000010)) ;; 64 bytes at 16
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)) (then unreachable))
      (br_if $again (i32.load (i32.const 8))))))
