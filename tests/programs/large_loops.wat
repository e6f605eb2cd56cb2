;; A frame that is resumed in a loop this large goes on in the fast body. The loop is left at its end, by a
;; branch with a value, by a return and by a trap.
;; run: --invoke divides 3 1
;; stdout: i32: 6
;; run: --invoke divides 9 1
;; stdout: i32: 2400
;; run: --invoke divides 30 1
;; stdout: i32: 1030
;; run: --invoke divides 60 5
;; stdout: i32: 12
;; run: --invoke outer 0
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; stderr: 0: divides
;; stderr: 1: outer
(module
  (table funcref (elem $divides))
  (func $divides (export "divides") (param $n i32) (param $by i32) (result i32) (local $sum i32)
    (block $out (result i32)
      (i32.const 1000)
      (loop $l
        (local.set $sum (i32.add (local.get $sum) (i32.div_u (local.get $n) (local.get $by))))
        (if (i32.eq (local.get $n) (i32.const 7))
          (then (return (i32.mul (local.get $sum) (i32.const 100)))))
        (if (i32.eq (local.get $n) (i32.const 60)) (then (br $out (local.get $sum))))
        (br_if $out (i32.add (i32.const 1000) (local.get $n)) (i32.eq (local.get $n) (i32.const 30)))
        drop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      drop
      (local.get $sum)))
  (func (export "outer") (param i32) (result i32)
    (call_indirect (param i32 i32) (result i32) (i32.const 3) (local.get 0) (i32.const 0))))
