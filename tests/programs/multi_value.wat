;; Functions and blocks with several parameters and results (core 3.3).
;; run: --invoke swap 1 2.5
;; stdout: f64: 2.5
;; stdout: i32: 1
;; run: --invoke five
;; stdout: i32: 1
;; stdout: i64: 2
;; stdout: f32: 3
;; stdout: f64: 4
;; stdout: i32: 5
;; run: --invoke sum_of_five
;; stdout: i32: 15
;; run: --invoke fib_loop 10
;; stdout: i64: 55
;; run: --invoke through_table 7
;; stdout: i32: 7
;; stdout: i32: 8
;; run: --invoke select_pair 0
;; stdout: i32: 30
;; run: --invoke select_pair 1
;; stdout: i32: 3
(module
  (table funcref (elem $pair))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func $five (export "five") (result i32 i64 f32 f64 i32)
    (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5))
  (func (export "sum_of_five") (result i32) (local $e i32) (local $d f64) (local $c f32) (local $b i64)
    (call $five)
    (local.set $e) (local.set $d) (local.set $c) (local.set $b)
    (i32.add (local.get $e))
    (i32.add (i32.trunc_f64_s (local.get $d)))
    (i32.add (i32.trunc_f32_s (local.get $c)))
    (i32.add (i32.wrap_i64 (local.get $b))))
  ;; The pair (a, b) becomes (b, a + b) in every round.
  (func (export "fib_loop") (param $n i32) (result i64) (local $a i64) (local $b i64)
    (i64.const 0) (i64.const 1)
    (loop $again (param i64 i64) (result i64 i64)
      (local.set $b) (local.set $a)
      (local.get $b) (i64.add (local.get $a) (local.get $b))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    drop)
  (func $pair (param i32) (result i32 i32) (local.get 0) (i32.add (local.get 0) (i32.const 1)))
  (func (export "through_table") (param i32) (result i32 i32)
    (call_indirect (param i32) (result i32 i32) (local.get 0) (i32.const 0)))
  (func (export "select_pair") (param i32) (result i32)
    (i32.const 1) (i32.const 2)
    (if (param i32 i32) (result i32 i32) (local.get 0)
      (then)
      (else drop drop (i32.const 10) (i32.const 20)))
    i32.add))
