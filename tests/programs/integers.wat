;; Counting, rotating and extending (core 4.3.2); shift counts are taken modulo the width.
;; run: --invoke clz 1
;; stdout: i32: 31
;; run: --invoke clz 0
;; stdout: i32: 32
;; run: --invoke ctz 0
;; stdout: i32: 32
;; run: --invoke popcnt -1
;; stdout: i32: 32
;; run: --invoke rotl -2147483648 33
;; stdout: i32: 1
;; run: --invoke shl 1 33
;; stdout: i32: 2
;; run: --invoke shr_s -8 33
;; stdout: i32: -4
;; run: --invoke extend8 255
;; stdout: i32: -1
;; run: --invoke extend32 4294967295
;; stdout: i64: -1
;; run: --invoke extend_u -1
;; stdout: i64: 4294967295
;; run: --invoke wrap 4294967298
;; stdout: i32: 2
(module
  (func (export "clz") (param i32) (result i32) (i32.clz (local.get 0)))
  (func (export "ctz") (param i32) (result i32) (i32.ctz (local.get 0)))
  (func (export "popcnt") (param i32) (result i32) (i32.popcnt (local.get 0)))
  (func (export "rotl") (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  (func (export "shl") (param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1)))
  (func (export "shr_s") (param i32 i32) (result i32) (i32.shr_s (local.get 0) (local.get 1)))
  (func (export "extend8") (param i32) (result i32) (i32.extend8_s (local.get 0)))
  (func (export "extend32") (param i64) (result i64) (i64.extend32_s (local.get 0)))
  (func (export "extend_u") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
  (func (export "wrap") (param i64) (result i32) (i32.wrap_i64 (local.get 0))))
