;; The smallest program with output: fd_write to descriptor 1.
;; run:
;; stdout: hello, world
;; run: ignored words
;; stdout: hello, world
;; run: --
;; stdout: hello, world
;; run: --no-such-option
;; status: 2
;; stderr: --no-such-option
;; run: -- --no-such-option
;; stdout: hello, world
;; run: --dir
;; status: 2
;; stderr: --dir
;; run: --dir no/such/directory
;; status: 2
;; stderr: no/such/directory
;; run: --stack-size 10zz
;; status: 2
;; stderr: --stack-size
;; run: --max-memory many
;; status: 2
;; stderr: --max-memory
;; run: --max-memory 1
;; status: 2
;; stderr: memory
;; run: --env NOT_AN_ASSIGNMENT
;; status: 2
;; stderr: --env
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello, world\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 13))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then unreachable))))
