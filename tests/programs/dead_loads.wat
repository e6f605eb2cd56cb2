;; A load out of bounds traps though nobody needs its value (core 4.4.7), at every level.
;; run: --invoke dropped 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke dropped 65532
;; run: --invoke in_dead_local 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke in_dead_local 65532
;; run: --invoke overwritten 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke overwritten 65532
;; run: --invoke behind_intrinsic 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke behind_intrinsic 65532
;; run: --invoke behind_rotation 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke behind_rotation 65532
;; run: --invoke behind_conversion 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke behind_conversion 65532
;; run: --invoke twice 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke twice 65532
;; run: --invoke in_loop 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke in_loop 65400
;; run: --invoke sum_in_loop 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sum_in_loop 65400
(module
  (memory 1)
  (func (export "dropped") (param i32) (drop (i32.load (local.get 0))))
  (func (export "in_dead_local") (param i32) (local i32)
    (local.set 1 (i32.load (local.get 0))))
  (func (export "overwritten") (param i32) (local i32)
    (local.set 1 (i32.load (local.get 0)))
    (local.set 1 (i32.load (i32.const 0))))
  (func (export "behind_intrinsic") (param i32)
    (drop (i32.clz (i32.load (local.get 0)))))
  (func (export "behind_rotation") (param i32)
    (drop (i32.rotl (i32.load (local.get 0)) (i32.const 3))))
  (func (export "behind_conversion") (param i32)
    (drop (i64.trunc_sat_f32_u (f32.abs (f32.load (local.get 0))))))
  (func (export "twice") (param i32)
    (drop (i32.add (i32.load (local.get 0)) (i32.load (local.get 0)))))
  ;; 33 words
  (func (export "in_loop") (param i32) (local $n i32)
    (local.set $n (i32.const 33))
    (loop $l
      (drop (i32.load (local.get 0)))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "sum_in_loop") (param i32) (local $n i32) (local $sum i32)
    (local.set $n (i32.const 33))
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
