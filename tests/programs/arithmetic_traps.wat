;; Integer division and truncation trap where the result is not representable (core 4.3.2).
;; run: --invoke div_s 7 2
;; stdout: i32: 3
;; run: --invoke div_s -7 2
;; stdout: i32: -3
;; run: --invoke div_s 1 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke div_s -2147483648 -1
;; status: 134
;; stderr: wasm trap: integer overflow
;; run: --invoke div_u 1 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke rem_s 1 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke rem_s -2147483648 -1
;; stdout: i32: 0
;; run: --invoke rem_u 1 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke div_s64 1 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke div_s64 -9223372036854775808 -1
;; status: 134
;; stderr: wasm trap: integer overflow
;; run: --invoke rem_s64 -9223372036854775808 -1
;; stdout: i64: 0
;; run: --invoke div_by_constant_zero 5
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke unused_division 5 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke trunc_s 3.9
;; stdout: i32: 3
;; run: --invoke trunc_s nan
;; status: 134
;; stderr: wasm trap: invalid conversion to integer
;; run: --invoke trunc_s 2147483648
;; status: 134
;; stderr: wasm trap: integer overflow
;; run: --invoke trunc_s -2147483648.9
;; stdout: i32: -2147483648
;; run: --invoke trunc_u -1
;; status: 134
;; stderr: wasm trap: integer overflow
;; run: --invoke trunc_u -0.9
;; stdout: i32: 0
;; run: --invoke trunc_sat_s nan
;; stdout: i32: 0
;; run: --invoke trunc_sat_s 1e30
;; stdout: i32: 2147483647
(module
  (func (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "div_u") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func (export "rem_s") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "rem_u") (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1)))
  (func (export "div_s64") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func (export "rem_s64") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func (export "div_by_constant_zero") (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 0)))
  (func (export "unused_division") (param i32 i32) (drop (i32.div_s (local.get 0) (local.get 1))))
  (func (export "trunc_s") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "trunc_u") (param f64) (result i32) (i32.trunc_f64_u (local.get 0)))
  (func (export "trunc_sat_s") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0))))
