;; wasi_unstable has other numbers and layouts than preview 1; a module may import both.
;; run: --dir .
;; before: printf 0123456789 >file
;; stdout: 3456789
(module
  (import "wasi_unstable" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $new_poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1000) "file")
  (func $check (param i32) (if (local.get 0) (then unreachable)))
  (func (export "_start") (local $fd i32)
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 1000) (i32.const 4) (i32.const 0)
      (i64.const 0x200026) (i64.const 0) (i32.const 0) (i32.const 2000)))
    (local.set $fd (i32.load (i32.const 2000)))
    ;; the size at 24
    (call $check (call $stat (local.get $fd) (i32.const 2000)))
    (call $check (i64.ne (i64.load (i32.const 2024)) (i64.const 10)))
    ;; set is 2
    (call $check (call $seek (local.get $fd) (i64.const 3) (i32.const 2) (i32.const 2000)))
    (i64.store (i32.const 2000) (i64.const 0x40_00000800)) ;; 64 bytes at 2048
    (call $check (call $read (local.get $fd) (i32.const 2000) (i32.const 1) (i32.const 2008)))
    ;; a clock at 24, its timeout at 32: 10 ms
    (i32.store (i32.const 3024) (i32.const 1))
    (i64.store (i32.const 3032) (i64.const 10000000))
    (call $check (call $poll (i32.const 3000) (i32.const 4000) (i32.const 1) (i32.const 2012)))
    (call $check (i32.ne (i32.load (i32.const 2012)) (i32.const 1)))
    ;; at 16 and 24
    (i32.store (i32.const 3016) (i32.const 1))
    (i64.store (i32.const 3024) (i64.const 10000000))
    (i64.store (i32.const 3032) (i64.const 0))
    (call $check (call $new_poll (i32.const 3000) (i32.const 4000) (i32.const 1) (i32.const 2012)))
    (call $check (i32.ne (i32.load16_u (i32.const 4008)) (i32.const 0)))
    (i32.store8 (i32.add (i32.const 2048) (i32.load (i32.const 2008))) (i32.const 10))
    (i32.store (i32.const 2004) (i32.add (i32.load (i32.const 2008)) (i32.const 1)))
    (call $check (call $write (i32.const 1) (i32.const 2000) (i32.const 1) (i32.const 2008)))))
