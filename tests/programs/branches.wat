;; br_table with a default, with operands, out of nested blocks; loops; dead code (core 4.4.8).
;; run: --invoke table 0
;; stdout: i32: 100
;; run: --invoke table 1
;; stdout: i32: 101
;; run: --invoke table 2
;; stdout: i32: 102
;; run: --invoke table 3
;; stdout: i32: 103
;; run: --invoke table -1
;; stdout: i32: 103
;; run: --invoke with_operand 0
;; stdout: i32: 15
;; run: --invoke with_operand 9
;; stdout: i32: 7
;; run: --invoke collatz 27
;; stdout: i32: 111
;; run: --invoke dead_code
;; stdout: i32: 1
;; run: --invoke nested_loops 30
;; stdout: i32: 4060
;; run: --invoke only_default
;; stdout: i32: 5
(module
  (func (export "table") (param i32) (result i32)
    (block $three
      (block $two
        (block $one
          (block $zero
            (br_table $zero $one $two $three (local.get 0)))
          (return (i32.const 100)))
        (return (i32.const 101)))
      (return (i32.const 102)))
    (i32.const 103))
  (func (export "with_operand") (param i32) (result i32)
    (block $outer (result i32)
      (i32.add (i32.const 8)
        (block $inner (result i32)
          (br_table $inner $outer (i32.const 7) (local.get 0))))))
  (func (export "collatz") (param $n i32) (result i32) (local $steps i32)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $n) (i32.const 1)))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (if (i32.and (local.get $n) (i32.const 1))
          (then (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 3)) (i32.const 1))))
          (else (local.set $n (i32.shr_u (local.get $n) (i32.const 1)))))
        (br $next)))
    (local.get $steps))
  (func (export "dead_code") (result i32)
    (block (result i32)
      (br 0 (i32.const 1))
      unreachable
      (i32.add (i32.const 2))
      (if (then (br 0)) (else unreachable))
      (i32.const 9)))
  (func (export "nested_loops") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $count i32)
    (loop $outer
      (local.set $j (local.get $i))
      (loop $middle
        (if (i32.lt_u (local.get $j) (local.get $n))
          (then
            (local.set $k (local.get $j))
            (loop $inner
              (if (i32.lt_u (i32.add (local.get $k) (i32.const 2)) (local.get $n))
                (then
                  (local.set $count (i32.add (local.get $count) (i32.const 1)))
                  (local.set $k (i32.add (local.get $k) (i32.const 1)))
                  (br $inner))))
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br $middle))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $count))
  (func (export "only_default") (result i32)
    (block (result i32) (br_table 0 (i32.const 5) (i32.const 77)))))
