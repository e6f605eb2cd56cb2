;; Calls in progress: recursion of any depth and through tables, functions that LLVM inlines although they
;; poll, several results, calls in unreachable code.
;; run: --invoke deep 100000
;; stdout: i32: 100000
;; run: --invoke deep_mixed 20000
;; stdout: f64: 3e+04
;; run: --invoke mutual 5001
;; stdout: i32: 0
;; run: --invoke ackermann 2 9
;; stdout: i32: 21
;; run: --invoke through_table 12
;; stdout: i64: 144
;; run: --invoke inlined 10
;; stdout: i32: 1140
;; run: --invoke many_results 3
;; stdout: i32: 3
;; stdout: i64: 4
;; stdout: f32: 5
;; stdout: f64: 6
;; stdout: i32: 7
;; run: --invoke sum_results 3
;; stdout: f64: 25
;; run: --invoke dead_calls 4
;; stdout: i32: 4
;; run: --invoke recursion_in_loop 6
;; stdout: i32: 64
;; run: --invoke recursion_in_arguments 15
;; stdout: i32: 610
;; run: --invoke results_of_results 5
;; stdout: i32: 17
;; run: --invoke hanoi 9
;; stdout: i32: 511
;; run: --invoke trap_below 3
;; status: 134
;; stderr: wasm trap: integer divide by zero
;; run: --invoke many_arguments
;; stdout: i64: 1410
(module
  (type $unary (func (param i32) (result i64)))
  (type $results (func (param i32) (result i32 i64 f32 f64 i32)))
  (table funcref (elem $fib $results $inner))
  (global $moves (mut i32) (i32.const 0))
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (call $spin (i32.const 2)) (drop) (i32.const 0))
      (else (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))
  ;; Frames of several kinds, with values of every kind.
  (func $deep_mixed (export "deep_mixed") (param $n i32) (result f64)
    (local $a i64) (local $b f32)
    (local.set $a (i64.extend_i32_u (i32.and (local.get $n) (i32.const 1))))
    (local.set $b (f32.const 0.5))
    (if (i32.eqz (local.get $n)) (then (return (f64.const 0))))
    (f64.add
      (f64.convert_i64_u (local.get $a))
      (f64.add
        (f64.promote_f32 (local.get $b))
        (if (result f64) (i32.and (local.get $n) (i32.const 2))
          (then
            (f64.const 0.25)
            (call $deep_mixed (i32.sub (local.get $n) (i32.const 1)))
            f64.add
            (f64.add (f64.const 0.25)))
          (else (f64.add (call $other (local.get $n)) (f64.const 0.5)))))))
  (func $other (param $n i32) (result f64)
    (call $deep_mixed (i32.sub (local.get $n) (i32.const 1))))
  (func $even (export "mutual") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $even (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 0))))
  (func $ackermann (export "ackermann") (param $m i32) (param $n i32) (result i32)
    (if (i32.eqz (local.get $m)) (then (return (i32.add (local.get $n) (i32.const 1)))))
    (if (i32.eqz (local.get $n))
      (then (return (call $ackermann (i32.sub (local.get $m) (i32.const 1)) (i32.const 1)))))
    (call $ackermann (i32.sub (local.get $m) (i32.const 1))
                     (call $ackermann (local.get $m) (i32.sub (local.get $n) (i32.const 1)))))
  (func $fib (type $unary)
    (if (result i64) (i32.lt_u (local.get 0) (i32.const 2))
      (then (i64.extend_i32_u (local.get 0)))
      (else (i64.add
        (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
        (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 2)) (i32.const 0))))))
  (func (export "through_table") (param i32) (result i64)
    (call_indirect (type $unary) (local.get 0) (i32.const 0)))
  ;; Three levels, each small, each with a loop: all may become one function.
  (func $inner (param $x i32) (result i32) (local $i i32)
    (loop $l
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (local.get $x))
  (func $middle (param $x i32) (result i32) (local $kept i32) (local $i i32)
    (local.set $kept (i32.mul (local.get $x) (i32.const 2)))
    (loop $l
      (local.set $x (call $inner (local.get $x)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (i32.add (local.get $x) (i32.sub (local.get $kept) (i32.mul (local.get $kept) (i32.const 1)))))
  (func (export "inlined") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum)
        (i32.add (i32.const 100) (i32.sub (call $middle (local.get $n)) (i32.mul (local.get $n) (i32.const 3))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $results (export "many_results") (type $results)
    (call $spin (local.get 0))
    (i64.extend_i32_u (call $spin (i32.add (local.get 0) (i32.const 1))))
    (f32.const 5) (f64.const 6) (i32.const 7)
    (drop (call $spin (i32.const 2))))
  (func (export "sum_results") (param $n i32) (result f64)
    (local $a i32) (local $b i64) (local $c f32) (local $d f64) (local $e i32)
    (f64.const 0)
    (call_indirect (type $results) (local.get $n) (i32.const 1))
    (local.set $e) (local.set $d) (local.set $c) (local.set $b) (local.set $a)
    (call $results (i32.const 1)) drop drop drop drop drop
    (f64.add (f64.convert_i32_s (local.get $a)))
    (f64.add (f64.convert_i64_s (local.get $b)))
    (f64.add (f64.promote_f32 (local.get $c)))
    (f64.add (local.get $d))
    (f64.add (f64.convert_i32_s (local.get $e))))
  ;; Nothing of this runs but the first and the last line of each block.
  (func (export "dead_calls") (param $n i32) (result i32)
    (block $a
      (br $a)
      (drop (call $spin (i32.const 3)))
      (loop $l (br_if $l (call $spin (i32.const 1)))))
    (block $b
      (if (local.get $n)
        (then (br $b) (call $deep_mixed (i32.const 4)) drop)
        (else unreachable (call $results (i32.const 1)) drop drop drop drop drop)))
    (loop $l
      (br_if $l (i32.lt_s (call $spin (local.get $n)) (i32.const 0)))
      (return (call $spin (local.get $n)))
      (drop (call_indirect (type $unary) (i32.const 1) (i32.const 0)))
      (br $l))
    (call $spin (i32.const 9)))
  (func $recursion_in_loop (export "recursion_in_loop") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (local.set $sum (i32.const 1))
    (loop $l
      (if (i32.lt_u (local.get $i) (local.get $n))
        (then
          (local.set $sum (i32.add (local.get $sum) (call $recursion_in_loop (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $l))))
    (local.get $sum))
  (func $fib_args (export "recursion_in_arguments") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (call $add (call $fib_args (i32.sub (local.get 0) (i32.const 1)))
               (call $fib_args (i32.sub (local.get 0) (i32.const 2)))))
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $twice (param i32 i32) (result i32 i32)
    (i32.add (local.get 0) (call $spin (local.get 1))) (i32.sub (local.get 1) (i32.const 1)))
  (func (export "results_of_results") (param $n i32) (result i32)
    (call $twice (call $twice (call $twice (local.get $n) (local.get $n))))
    drop)
  (func $hanoi (param $n i32)
    (if (i32.eqz (local.get $n)) (then (return)))
    (call $hanoi (i32.sub (local.get $n) (i32.const 1)))
    (global.set $moves (i32.add (global.get $moves) (i32.const 1)))
    (call $hanoi (i32.sub (local.get $n) (i32.const 1))))
  (func (export "hanoi") (param $n i32) (result i32) (call $hanoi (local.get $n)) (global.get $moves))
  (func $divides (param i32) (result i32) (i32.div_u (i32.const 6) (call $spin (i32.const 0)))
    (i32.div_u (i32.const 0)))
  (func (export "trap_below") (param i32) (result i32) (local $i i32)
    (loop $l
      (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
    (call $divides (local.get $i)))
  (func $weigh (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64) (result i64) (local $i i32)
    (loop $l
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
    (i64.extend_i32_u (local.get 0))
    (i64.add (local.get 1))
    (i64.add (i64.trunc_f32_s (local.get 2)))
    (i64.add (i64.trunc_f64_s (local.get 3)))
    (i64.add (i64.extend_i32_u (local.get 4)))
    (i64.add (local.get 5))
    (i64.add (i64.trunc_f32_s (local.get 6)))
    (i64.add (i64.trunc_f64_s (local.get 7)))
    (i64.add (i64.extend_i32_u (local.get 8)))
    (i64.add (local.get 9))
    (i64.add (i64.trunc_f32_s (local.get 10)))
    (i64.add (i64.trunc_f64_s (local.get 11)))
    (i64.add (i64.extend_i32_u (local.get 12)))
    (i64.add (local.get 13))
    (i64.add (i64.trunc_f32_s (local.get 14)))
    (i64.mul (i64.trunc_f64_s (local.get 15))))
  (func (export "many_arguments") (result i64)
    (call $weigh (i32.const 3) (i64.const 4) (f32.const 5) (f64.const 6) (i32.const 7) (i64.const 8)
                 (f32.const 9) (f64.const 10) (i32.const 11) (i64.const 12) (f32.const 13) (f64.const 14)
                 (i32.const 15) (i64.const 16) (f32.const 8) (f64.const 10))))
