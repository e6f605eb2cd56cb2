;; Loops in loops, in the arms of ifs, behind one another, and as the last thing of a function.
;; run: --invoke four_deep 3
;; stdout: i64: 18234
;; run: --invoke counted_nest 5
;; stdout: i32: 944
;; run: --invoke leaves 0
;; stdout: i32: 6276
;; run: --invoke leaves 1
;; stdout: i32: 1000
;; run: --invoke leaves 2
;; stdout: i32: 1100
;; run: --invoke leaves 3
;; stdout: i32: 1110
;; run: --invoke leaves 4
;; stdout: i32: 1111
;; run: --invoke in_arms 1
;; stdout: i32: 35
;; run: --invoke in_arms 0
;; stdout: i32: 143
;; run: --invoke last_thing 7
;; stdout: i32: 28
;; stdout: f64: 3.5
;; run: --invoke last_nest 4
;; stdout: i32: 40
;; run: --invoke siblings 6
;; stdout: i32: 294
;; run: --invoke continue_outer 20
;; stdout: i32: 8
;; run: --invoke invariant_kept 5 3
;; stdout: i64: 8100
;; run: --invoke matrix 6
;; stdout: f64: 29232
;; run: --invoke never
;; stdout: i32: 5
;; run: --invoke once_each 4
;; stdout: i32: 10
(module
  (memory 1)
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  ;; Each level has a local of its own, an operand below the next level, and a call.
  (func (export "four_deep") (param $n i32) (result i64)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $sum i64)
    (loop $la
      (i32.mul (local.get $a) (i32.const 100))
      (local.set $b (i32.const 0))
      (loop $lb
        (i64.extend_i32_u (i32.add (local.get $a) (local.get $b)))
        (local.set $c (i32.const 0))
        (loop $lc
          (f64.convert_i32_s (local.get $c))
          (local.set $d (i32.const 0))
          (loop $ld
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u
              (i32.add (i32.mul (local.get $c) (local.get $d)) (call $spin (local.get $b))))))
            (br_if $ld (i32.lt_u (local.tee $d (i32.add (local.get $d) (i32.const 1))) (local.get $n))))
          i64.trunc_f64_s
          (local.set $sum (i64.add (local.get $sum)))
          (br_if $lc (i32.lt_u (local.tee $c (i32.add (local.get $c) (i32.const 1))) (local.get $n))))
        (local.set $sum (i64.add (local.get $sum)))
        (br_if $lb (i32.lt_u (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $n))))
      i64.extend_i32_u
      (i64.mul (i64.const 60))
      (local.set $sum (i64.add (local.get $sum)))
      (br_if $la (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; No call: the innermost loop is strip-mined.
  (func (export "counted_nest") (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $sum i32)
    (loop $la
      (local.set $b (i32.const 0))
      (loop $lb
        (local.set $c (i32.const 0))
        (loop $lc
          (local.set $d (i32.const 0))
          (loop $ld
            (local.set $sum (i32.xor (local.get $sum)
              (i32.add (i32.mul (local.get $sum) (local.get $d))
                       (i32.add (i32.mul (local.get $a) (i32.const 7)) (i32.xor (local.get $b) (local.get $c))))))
            (local.set $sum (i32.and (local.get $sum) (i32.const 0xffff)))
            (br_if $ld (i32.ne (local.tee $d (i32.add (local.get $d) (i32.const 1))) (local.get $n))))
          (br_if $lc (i32.ne (local.tee $c (i32.add (local.get $c) (i32.const 1))) (local.get $n))))
        (br_if $lb (i32.ne (local.tee $b (i32.add (local.get $b) (i32.const 1))) (local.get $n))))
      (br_if $la (i32.ne (local.tee $a (i32.add (local.get $a) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  ;; From the innermost of four loops, a branch to behind any of them.
  (func (export "leaves") (param $which i32) (result i32) (local $sum i32) (local $d i32)
    (block $behind_a
      (loop $a
        (local.set $sum (i32.add (local.get $sum) (i32.const 1000)))
        (block $behind_b
          (loop $b
            (br_if $behind_a (i32.eq (local.get $which) (i32.const 1)))
            (local.set $sum (i32.add (local.get $sum) (i32.const 100)))
            (block $behind_c
              (loop $c
                (br_if $behind_a (i32.eq (local.get $which) (i32.const 2)))
                (local.set $sum (i32.add (local.get $sum) (i32.const 10)))
                (loop $d
                  (br_if $behind_a (i32.eq (local.get $which) (i32.const 3)))
                  (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
                  (local.set $d (i32.add (local.get $d) (i32.const 1)))
                  (br_if $behind_a (i32.eq (local.get $which) (i32.const 4)))
                  (block $none
                    (br_table $none $a $b $c $behind_b $behind_c $none $behind_a
                      (i32.load8_u (local.get $d)))))
                (br_if $c (i32.lt_u (local.get $d) (i32.const 12)))))
            (br_if $b (i32.lt_u (local.get $d) (i32.const 14)))))
        (br_if $a (i32.lt_u (local.get $d) (i32.const 16)))))
    (local.get $sum))
  (data (i32.const 1) "\00\01\02\03\04\05\01\02\03\03\04\05\06\02\03\05\02\03\03\03\07")
  (func (export "in_arms") (param $c i32) (result i32) (local $i i32)
    (i32.const 3)
    (if (result i32) (local.get $c)
      (then
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 2)))
          (br_if $l (i32.lt_s (local.get $i) (i32.const 31))))
        (local.get $i))
      (else
        (loop $l (result i32)
          (local.set $i (i32.add (local.get $i) (i32.const 5)))
          (if (i32.and (local.get $i) (i32.const 1))
            (then (loop $m
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $m (i32.rem_s (local.get $i) (i32.const 10)))))
            (else (loop $m
              (local.set $i (i32.add (local.get $i) (i32.const 3)))
              (br_if $m (i32.rem_s (local.get $i) (i32.const 6))))))
          (br_if $l (i32.lt_s (local.get $i) (i32.const 140)))
          (local.get $i))))
    i32.add)
  ;; What the loop leaves is what the function returns.
  (func (export "last_thing") (param $n i32) (result i32 f64) (local $s i32)
    (i32.const 0) (f64.const 0)
    (loop $l (param i32 f64) (result i32 f64)
      (f64.add (f64.const 0.5))
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (drop (f64.lt (f64.const 1)))
      (drop)
      (local.get $s) (f64.mul (f64.const 0.125) (f64.convert_i32_s (local.get $s)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "last_nest") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
    (loop $outer (result i32)
      (local.set $j (local.get $n))
      (loop $inner (result i32)
        (local.set $sum (i32.add (local.get $sum) (local.get $j)))
        (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1))))
        (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))
        (local.get $sum))))
  (func (export "siblings") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $first
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $first (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (loop $second
      (local.set $sum (i32.mul (local.get $sum) (i32.const 2)))
      (br_if $second (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 2))) (i32.const 0))))
    (loop $third
      (loop $fourth
        (local.set $sum (i32.add (local.get $sum) (i32.const 29)))
        (br_if $fourth (i32.rem_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
      (br_if $third (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  ;; Primes below n: the inner loop goes on with the outer.
  (func (export "continue_outer") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (local.set $i (i32.const 1))
    (block $done
      (loop $next
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $j (i32.const 2))
        (loop $try
          (if (i32.lt_u (local.get $j) (local.get $i))
            (then
              (br_if $next (i32.eqz (i32.rem_u (local.get $i) (local.get $j))))
              (local.set $j (i32.add (local.get $j) (i32.const 1)))
              (br $try))))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $count))
  ;; Locals that no loop changes, and that only the outermost uses behind the inner one.
  (func (export "invariant_kept") (param $n i32) (param $k i32) (result i64)
    (local $i i32) (local $j i32) (local $factor i64) (local $sum i64)
    (local.set $factor (i64.extend_i32_u (i32.mul (local.get $k) (i32.const 36))))
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $k))))
      (local.set $sum (i64.add (local.get $sum)
        (i64.mul (local.get $factor) (i64.extend_i32_u (i32.add (local.get $i) (local.get $j))))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.mul (local.get $sum) (i64.extend_i32_u (local.get $k))))
  ;; c = a * b for n * n doubles, and the sum of c.
  (func (export "matrix") (param $n i32) (result f64)
    (local $i i32) (local $j i32) (local $k i32) (local $row i32) (local $sum f64)
    (loop $fill
      (f64.store offset=4096 (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_s (local.get $i)))
      (f64.store offset=8192 (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_s (i32.rem_u (local.get $i) (i32.const 17))))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                             (i32.mul (local.get $n) (local.get $n)))))
    (local.set $i (i32.const 0))
    (loop $rows
      (local.set $row (i32.mul (local.get $i) (i32.shl (local.get $n) (i32.const 3))))
      (local.set $k (i32.const 0))
      (loop $steps
        (local.set $j (i32.const 0))
        (loop $columns
          (f64.store offset=12288 (i32.add (local.get $row) (i32.shl (local.get $j) (i32.const 3)))
            (f64.add
              (f64.load offset=12288 (i32.add (local.get $row) (i32.shl (local.get $j) (i32.const 3))))
              (f64.mul
                (f64.load offset=4096 (i32.add (local.get $row) (i32.shl (local.get $k) (i32.const 3))))
                (f64.load offset=8192 (i32.shl (i32.add (i32.mul (local.get $k) (local.get $n)) (local.get $j)) (i32.const 3))))))
          (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
        (br_if $steps (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $n))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $add
      (local.set $sum (f64.add (local.get $sum) (f64.load offset=12288 (i32.shl (local.get $i) (i32.const 3)))))
      (br_if $add (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                            (i32.mul (local.get $n) (local.get $n)))))
    (local.get $sum))
  ;; Loops that nothing goes back to, and one that is never entered.
  (func (export "never") (result i32)
    (loop (loop (nop)))
    (if (i32.const 0) (then (loop $l (br $l))))
    (loop (result i32) (i32.const 5)))
  (func (export "once_each") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (loop (local.set $sum (i32.add (local.get $sum) (local.get $n))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
