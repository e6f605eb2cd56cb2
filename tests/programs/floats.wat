;; IEEE semantics: min and max of zeros, rounding, NaN kept apart from numbers, no contraction of a
;; multiplication and an addition (core 4.3.3).
;; run: --invoke min 0 -0
;; stdout: f64: -0
;; run: --invoke max -0 0
;; stdout: f64: 0
;; run: --invoke nearest 2.5
;; stdout: f64: 2
;; run: --invoke nearest -0.4
;; stdout: f64: -0
;; run: --invoke multiply_add
;; stdout: f64: 0
;; run: --invoke is_nan_min 1 nan
;; stdout: i32: 1
;; run: --invoke is_nan_min 1 2
;; stdout: i32: 0
;; run: --invoke copysign 3 -0
;; stdout: f64: -3
;; run: --invoke demote 1e300
;; stdout: f32: inf
;; run: --invoke bits 1
;; stdout: i64: 4607182418800017408
(module
  (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (export "max") (param f64 f64) (result f64) (f64.max (local.get 0) (local.get 1)))
  (func (export "nearest") (param f64) (result f64) (f64.nearest (local.get 0)))
  (func $square_minus (param $x f64) (param $y f64) (result f64)
    (f64.sub (f64.mul (local.get $x) (local.get $x)) (local.get $y)))
  ;; x * x rounded, minus itself: a fused operation would leave the rounding error.
  (func (export "multiply_add") (result f64) (local $x f64)
    (local.set $x (f64.const 1.0000000000000002))
    (call $square_minus (local.get $x) (f64.mul (local.get $x) (local.get $x))))
  (func (export "is_nan_min") (param f64 f64) (result i32) (local $m f64)
    (local.set $m (f64.min (local.get 0) (local.get 1)))
    (f64.ne (local.get $m) (local.get $m)))
  (func (export "copysign") (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  (func (export "demote") (param f64) (result f32) (f32.demote_f64 (local.get 0)))
  (func (export "bits") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0))))
