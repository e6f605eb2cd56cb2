;; Fills two MiB; for each piece of input changes a word, and answers with the sum of all.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 33)
  (func $sum (result i64) (local $at i32) (local $sum i64)
    (local.set $at (i32.const 0x10000))
    (loop $again
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $at))))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x210000))))
    (local.get $sum))
  (func (export "_start") (local $at i32)
    (local.set $at (i32.const 0x10000))
    (loop $again
      (i32.store (local.get $at) (i32.mul (local.get $at) (i32.const 0x9e3779b1)))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 0x210000))))
    (loop $again
      (i64.store (i32.const 0) (i64.const 0x40_00000010)) ;; 64 bytes at 16
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
      (local.set $at (i32.mul (i32.load8_u (i32.const 16)) (i32.const 0x4000)))
      (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (i64.const 1)))
      (i64.store (i32.const 16) (call $sum))
      (i64.store (i32.const 0) (i64.const 0x8_00000010))
      (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)) (then unreachable))
      (br $again))))
