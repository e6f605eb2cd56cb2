;; proc_exit ends the program from any depth with its status.
;; run: --invoke leave 0
;; run: --invoke leave 7
;; status: 7
;; run: --invoke leave 125
;; status: 125
;; run:
;; status: 3
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $deep (param $depth i32) (param $status i32)
    (if (i32.eqz (local.get $depth)) (then (call $proc_exit (local.get $status))))
    (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $status))
    unreachable)
  (func (export "leave") (param i32) (call $deep (i32.const 100) (local.get 0)))
  (func (export "_start") (call $deep (i32.const 3) (i32.const 3))))
