;; A store out of bounds traps (core 4.4.7) though the loop around it, which repeats it to one address, is
;; never left.
;; run: --invoke constant
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke computed 4096
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke counting 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke counted 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke inner 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke either 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke unless 65533 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke unless 65532 1
;; run: --invoke until_square 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke dispatched 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke wide 65533
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 1)
  (memory $wide i64 1)
  (func (export "constant")
    (loop $again
      (i32.store (i32.const 0x7ffffff0) (i32.const 1))
      (br $again)))
  (func (export "computed") (param $at i32)
    (loop $again
      (i32.store (i32.mul (local.get $at) (i32.const 16)) (local.get $at))
      (br $again)))
  (func (export "counting") (param $at i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (local.get $at) (local.get $i))
      (br $again)))
  ;; An endless loop around one that is counted.
  (func (export "counted") (param $at i32) (local $i i32)
    (loop $again
      (local.set $i (i32.const 0))
      (loop $inner
        (i32.store (local.get $at) (local.get $i))
        (br_if $inner (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
      (br $again)))
  ;; One that is endless in one that is not left either.
  (func (export "inner") (param $at i32) (local $i i32)
    (loop $again
      (loop $inner
        (i32.store (local.get $at) (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 2)))
        (br_if $again (i32.eq (local.get $i) (i32.const 7)))
        (br $inner))))
  (func (export "either") (param $at i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.and (local.get $i) (i32.const 1))
        (then (i32.store (local.get $at) (local.get $i)))
        (else (i32.store (local.get $at) (i32.const 4))))
      (br $again)))
  ;; Loops with a way out that is not taken.
  (func (export "unless") (param $at i32) (param $ends i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (local.get $at) (local.get $i))
      (br_if $again (i32.eqz (local.get $ends)))))
  (func (export "until_square") (param $at i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (local.get $at) (local.get $i))
      (br_if $again (i32.ne (i32.mul (local.get $i) (local.get $i)) (i32.const 7)))))
  (func (export "dispatched") (param $at i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (local.get $at) (local.get $i))
      (block $b (block $a
        (br_table $a $again $b (i32.and (local.get $i) (i32.const 3))))
        (local.set $i (i32.add (local.get $i) (i32.const 5)))
        (br $again))
      (br $again)))
  (func (export "wide") (param $at i64) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store $wide (local.get $at) (local.get $i))
      (br $again))))
