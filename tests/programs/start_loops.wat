;; The start function and _initialize can be suspended, and what follows them is done afterwards.
;; run: --invoke get 5
;; stdout: i32: 1123405
;; run: --invoke get 6
;; stdout: i32: 1123406
;; run:
;; status: 7
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (global $g (mut i32) (i32.const 0))
  (func $count (param $n i32) (param $by i32) (local $i i32)
    (loop $l
      (global.set $g (i32.add (global.get $g) (local.get $by)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func $start
    (call $count (i32.const 11) (i32.const 100000))
    (call $count (i32.const 2) (i32.const 10000)))
  (start $start)
  (func (export "_initialize")
    (call $count (i32.const 3) (i32.const 1000))
    (call $count (i32.const 4) (i32.const 100)))
  (func (export "get") (param $n i32) (result i32)
    (call $count (local.get $n) (i32.const 1))
    (global.get $g))
  (func (export "_start")
    (call $count (i32.const 7) (i32.const 1))
    (call $exit (i32.sub (global.get $g) (i32.const 1120000)))))
