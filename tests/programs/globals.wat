;; Globals of all types, their initial values, assignment (core 4.4.5).
;; run: --invoke values
;; stdout: i32: -7
;; stdout: i64: 9223372036854775807
;; stdout: f32: 1.5
;; stdout: f64: -0.125
;; run: --invoke count
;; stdout: i32: 3
(module
  (global $i (mut i32) (i32.const 0))
  (global $a i32 (i32.const -7))
  (global $b i64 (i64.const 0x7fffffffffffffff))
  (global $c f32 (f32.const 1.5))
  (global $d f64 (f64.const -0.125))
  (func (export "values") (result i32 i64 f32 f64)
    (global.get $a) (global.get $b) (global.get $c) (global.get $d))
  (func $step (global.set $i (i32.add (global.get $i) (i32.const 1))))
  (func (export "count") (result i32) (call $step) (call $step) (call $step) (global.get $i)))
