;; --invoke: arguments and results of every type.
;; run: --invoke i32 -1
;; stdout: i32: -1
;; run: --invoke i32 4294967295
;; stdout: i32: -1
;; run: --invoke i32 0x10
;; stdout: i32: 16
;; run: --invoke i64 -9223372036854775808
;; stdout: i64: -9223372036854775808
;; run: --invoke f32 0.1
;; stdout: f32: 0.1
;; run: --invoke f64 0.1
;; stdout: f64: 0.1
;; run: --invoke f64 -inf
;; stdout: f64: -inf
;; run: --invoke f64 -0
;; stdout: f64: -0
;; run: --invoke many 1 2 3 4 5 6 7 8 9 10 0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5 9.5
;; stdout: f64: 105
;; run: --invoke i32
;; status: 2
;; stderr: i32
;; run: --invoke i32 1 2
;; status: 2
;; stderr: i32
;; run: --invoke i32 one
;; status: 2
;; stderr: one
;; run: --invoke i32 4294967296
;; status: 2
;; stderr: 4294967296
;; run: --invoke missing
;; status: 2
;; stderr: missing
;; run: --invoke
;; status: 2
;; stderr: --invoke
(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  ;; More than fit into registers, of both kinds.
  (func (export "many") (param i32 i32 i32 i32 i32 i64 i64 i64 i64 i64
                               f32 f32 f32 f32 f32 f64 f64 f64 f64 f64) (result f64)
    (f64.convert_i32_s (i32.add (local.get 0) (i32.add (local.get 1) (i32.add (local.get 2)
      (i32.add (local.get 3) (local.get 4))))))
    (f64.add (f64.convert_i64_s (i64.add (local.get 5) (i64.add (local.get 6) (i64.add (local.get 7)
      (i64.add (local.get 8) (local.get 9)))))))
    (f64.add (f64.promote_f32 (f32.add (local.get 10) (f32.add (local.get 11) (f32.add (local.get 12)
      (f32.add (local.get 13) (local.get 14)))))))
    (f64.add (f64.add (local.get 15) (f64.add (local.get 16) (f64.add (local.get 17)
      (f64.add (local.get 18) (local.get 19))))))))
