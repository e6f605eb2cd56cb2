;; A counted loop that leaves from the middle of its body, or never reaches its own end.
;; run: --invoke jumps_out
;; stdout: i32: 0
;; run: --invoke both_arms_leave
;; stdout: i32: 7
;; run: --invoke trap_in_block
;; status: 134
;; stderr: wasm trap: unreachable
;; run: --invoke skips_forward
;; stdout: i32: 45
;; run: --invoke finds 37
;; stdout: i32: 37
;; run: --invoke finds 1000
;; stdout: i32: 100
(module
  (memory 1)
  (func (export "jumps_out") (result i32) (local $p i32)
    (block $out
      (loop $l
        (block (br $out))
        (i32.store (local.get $p) (i32.const 1))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if $l (i32.lt_u (local.get $p) (i32.const 400)))))
    (i32.load (i32.const 0)))
  (func (export "both_arms_leave") (result i32) (local $p i32)
    (loop $l
      (if (i32.load (local.get $p))
        (then (return (i32.const 3)))
        (else (return (i32.const 7))))
      (i32.store (local.get $p) (i32.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 400))))
    (i32.const 9))
  (func (export "trap_in_block") (local $p i32)
    (loop $l
      (block
        (block (unreachable))
        (i32.store8 (local.get $p) (i32.const 1)))
      (i32.store (local.get $p) (i32.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 400)))))
  ;; The code behind the inner block is dead, that behind the outer one is not.
  (func (export "skips_forward") (result i32) (local $p i32) (local $sum i32)
    (loop $l
      (block $forward
        (block (br $forward))
        (i32.store (local.get $p) (i32.const 1000)))
      (i32.store8 (local.get $p) (local.get $p))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (i32.ne (local.get $p) (i32.const 10))))
    (local.get $sum))
  (func (export "finds") (param $value i32) (result i32) (local $p i32)
    (loop $l
      (i32.store8 (local.get $p) (local.get $p))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (i32.ne (local.get $p) (i32.const 100))))
    (local.set $p (i32.const 0))
    (block $out
      (loop $l
        (br_if $out (i32.eq (i32.load8_u (local.get $p)) (local.get $value)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $p) (i32.const 100)))))
    (local.get $p)))
