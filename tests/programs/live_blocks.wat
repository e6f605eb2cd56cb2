;; Blocks with parameters and results, branches and tables of branches, around loops and calls that can be
;; suspended.
;; run: --invoke table_into_loops 0
;; stdout: i32: 1021
;; run: --invoke table_into_loops 1
;; stdout: i32: 2060
;; run: --invoke table_into_loops 2
;; stdout: i32: 3007
;; run: --invoke table_into_loops 9
;; stdout: i32: 4000
;; run: --invoke table_with_values 6
;; stdout: i32: 36
;; stdout: i64: -15
;; run: --invoke machine 10
;; stdout: i32: 29
;; run: --invoke if_with_operands 1
;; stdout: i32: 15
;; run: --invoke if_with_operands 0
;; stdout: i32: 46
;; run: --invoke if_without_else 3
;; stdout: i32: 12
;; run: --invoke selects 5
;; stdout: i32: 20
;; stdout: f64: 2.5
;; run: --invoke loop_swaps 5
;; stdout: i32: 8
;; stdout: i64: 5
;; run: --invoke branch_past_operands 4
;; stdout: i32: 40
;; run: --invoke loop_in_block_argument 3
;; stdout: i32: 66
;; run: --invoke two_exits 3
;; stdout: i32: 103
;; run: --invoke two_exits 20
;; stdout: i32: 210
;; run: --invoke return_from_inside 12
;; stdout: i32: 12
;; stdout: i32: 78
(module
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  (func $pair (param i32) (result i32 i32) (call $spin (local.get 0)) (i32.const 2))
  ;; A branch table into one of three loops, each of which comes back to the table.
  (func (export "table_into_loops") (param $which i32) (result i32) (local $i i32)
    (block $three
      (block $two
        (block $one
          (block $zero
            (br_table $zero $one $two $three (local.get $which)))
          (loop $l
            (local.set $i (i32.add (local.get $i) (i32.const 3)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 21))))
          (return (i32.add (local.get $i) (i32.const 1000))))
        (loop $l
          (local.set $i (i32.add (local.get $i) (call $spin (i32.const 5))))
          (loop $m
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $m (i32.rem_u (local.get $i) (i32.const 10))))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 60))))
        (return (i32.add (local.get $i) (i32.const 2000))))
      (return (i32.add (call $spin (i32.const 7)) (i32.const 3000))))
    (i32.const 4000))
  ;; Out of loops with their results, back into them with their parameters.
  (func (export "table_with_values") (param $n i32) (result i32 i64) (local $i i32) (local $sum i64)
    (block $out (result i32)
      (i32.const 0)
      (loop $again (param i32) (result i32)
        (local.set $i (i32.add (i32.const 1)))
        (local.set $sum (i64.sub (local.get $sum) (i64.extend_i32_u (local.get $i))))
        (local.get $i)
        (br_table $again $again $out $again
          (i32.add (i32.ge_u (local.get $i) (i32.sub (local.get $n) (i32.const 1)))
                   (i32.eq (call $spin (local.get $i)) (i32.sub (local.get $n) (i32.const 1)))))))
    (i32.add (i32.const 1))
    (i32.mul (local.get $n))
    (local.get $sum))
  ;; An interpreter: what its next state is, a table tells.
  (func (export "machine") (param $n i32) (result i32) (local $state i32) (local $steps i32)
    (loop $next
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (block $halt
        (block $c
          (block $b
            (block $a
              (br_table $a $b $c $halt (local.get $state)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (local.set $state (i32.const 1))
            (br $next))
          (local.set $state (i32.add (i32.const 1) (call $spin (i32.const 1))))
          (br $next))
        (local.set $state (select (i32.const 0) (i32.const 3) (local.get $n)))
        (br_if $next (local.get $n))))
    (i32.sub (local.get $steps) (call $spin (i32.const 1))))
  (func (export "if_with_operands") (param $c i32) (result i32)
    (i32.const 3)
    (i32.const 4)
    (i32.const 5)
    (if (param i32 i32) (result i32 i32) (local.get $c)
      (then (drop (call $spin (i32.const 3))))
      (else i32.mul (call $spin (i32.const 3)) (i32.const 20) (i32.add)))
    i32.add i32.add
    (if (param i32) (result i32) (i32.gt_s (local.get $c) (i32.const 0))
      (then (call $spin (i32.const 3)) i32.add)
      (else)))
  (func (export "if_without_else") (param $n i32) (result i32)
    (call $spin (local.get $n))
    (if (param i32) (result i32) (i32.ge_u (local.get $n) (i32.const 3))
      (then
        (loop $l (param i32) (result i32)
          (i32.add (i32.const 3))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (else)))
  (func (export "selects") (param $n i32) (result i32 f64) (local $i i32) (local $r i32)
    (f64.const 1.5) (f64.const 2.5)
    (loop $l
      (local.set $r (i32.add (local.get $r)
        (select (i32.const 10) (call $spin (i32.const 5)) (i32.and (local.get $i) (local.get $n)))))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.set $i (i32.ne (local.get $r) (i32.const 20)))
    (drop (call $spin (local.get $r)))
    (local.set $n (i32.eqz (i32.eqz (local.get $i))))
    (select (result f64) (local.get $n))
    (drop)
    (local.get $r)
    (select (f64.const 1.5) (f64.const 2.5) (i32.eqz (i32.const 1))))
  ;; The parameters of a loop change places in every round.
  (func (export "loop_swaps") (param $n i32) (result i32 i64) (local $a i64) (local $b i32)
    (i32.const 0) (i64.const 1)
    (loop $l (param i32 i64) (result i32 i64)
      (local.set $a) (local.set $b)
      (i32.add (local.get $b) (i32.wrap_i64 (local.get $a)))
      (i64.extend_i32_s (local.get $b))
      (local.set $a) (local.set $b)
      (i32.add (local.get $b) (i32.wrap_i64 (local.get $a)))
      (i64.extend_i32_s (local.get $b))
      (br_if $l (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 2))) (i32.const 0)))))
  ;; A branch that leaves operands behind.
  (func (export "branch_past_operands") (param $n i32) (result i32)
    (block $out (result i32)
      (i32.const 1) (i32.const 2)
      (loop $l
        (i64.const 5) (f32.const 6)
        (if (i32.gt_s (call $spin (local.get $n)) (i32.const 3))
          (then (br $out (i32.mul (call $spin (local.get $n)) (i32.const 10)))))
        drop drop
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $l))
      unreachable))
  (func (export "loop_in_block_argument") (param $n i32) (result i32) (local $i i32)
    (call $pair (loop (result i32)
      (local.set $i (i32.add (local.get $i) (i32.const 11)))
      (br_if 0 (i32.lt_u (local.get $i) (i32.mul (local.get $n) (i32.const 11))))
      (local.get $i)))
    i32.mul)
  (func (export "two_exits") (param $n i32) (result i32) (local $i i32)
    (block $far (result i32)
      (i32.add (i32.const 100)
        (block $near (result i32)
          (loop $l (result i32)
            (br_if $near (local.get $i) (i32.eq (local.get $i) (local.get $n)))
            (br_if $far (i32.const 21) (i32.mul (local.get $i) (i32.const 21)) (i32.eq (local.get $i) (i32.const 10)))
            drop drop
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l))))))
  (func (export "return_from_inside") (param $n i32) (result i32 i32) (local $i i32) (local $sum i32)
    (loop $outer
      (i32.const 1)
      (block
        (loop $inner
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $sum (i32.add (local.get $sum) (local.get $i)))
          (if (i32.eq (local.get $i) (local.get $n))
            (then (return (local.get $i) (local.get $sum))))
          (br_if $inner (i32.rem_u (local.get $i) (i32.const 5)))))
      drop
      (br $outer))
    unreachable))
