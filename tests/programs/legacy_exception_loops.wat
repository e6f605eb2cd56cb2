;; Exceptions that leave loops, and those that are kept around them, when frames go on in the loops' copies.
;; run: --invoke kept_around_loop 5
;; stdout: i32: 71
;; run: --invoke kept_below_operands 4
;; stdout: i32: 1087
;; run: --invoke delegated_out 6
;; stdout: i32: 3020
;; run: --invoke delegated_out 1
;; stdout: i32: 8
;; run: --invoke nest 3
;; stdout: i32: 3
;; stdout: i32: 9
;; stdout: i32: 27
;; stdout: i32: 45
;; run: --invoke from_innermost 3
;; stdout: i32: 8153
;; run: --invoke tries_between 4
;; stdout: i32: 1120
;; run: --invoke uncaught_in_loops
;; status: 134
;; stderr: uncaught exception
(module
  (type $unary (func (param i32) (result i32)))
  (tag $number (param i32))
  (tag $other (param i32))
  (tag $pair (param i64 i32))

  (func $spin (type $unary) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get 0))))
    (local.get $i))
  (func $throw_if (param $value i32) (param $throws i32) (result i32)
    (if (call $spin (i32.add (local.get $throws) (i32.const 1)))
      (then (if (local.get $throws) (then (throw $number (local.get $value))))))
    (local.get $value))

  ;; Thrown again in a loop within the handler that keeps it.
  (func (export "kept_around_loop") (type $unary) (local $sum i32) (local $i i32)
    (try (result i32)
      (do
        (try (result i32)
          (do (throw $number (i32.const 50)))
          (catch $number
            (local.set $sum)
            (loop $l
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (local.set $sum (i32.add (local.get $sum) (call $spin (local.get $i))))
              (if (i32.eq (local.get $i) (local.get 0)) (then (rethrow 2)))
              (br $l))
            unreachable)))
      (catch $number
        drop
        (i32.add (local.get $sum) (i32.add (call $spin (local.get $i)) (i32.const 1))))))

  ;; The same with operands all over, and a loop in the loop.
  (func (export "kept_below_operands") (type $unary) (local $sum i32) (local $i i32)
    (i32.const 1000)
    (try (result i32)
      (do
        (i32.const 1)
        (try (result i32)
          (do (i32.const 2) (throw $pair (i64.const 3) (i32.const 77)))
          (catch $pair
            (local.set $sum)
            drop
            (i32.const 4)
            (loop $l (param i32) (result i32)
              (i32.const 5)
              (local.set $i (i32.const 0))
              (loop $k (param i32) (result i32)
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (i32.add (call $spin (i32.const 1)))
                (if (i32.gt_s (local.get $i) (i32.const 9)) (then (rethrow 3)))
                (br_if $k (i32.lt_s (local.get $i) (local.get 0))))
              (local.set 0 (i32.const 100))
              i32.add
              (br $l))))
        i32.add)
      (catch $pair
        (i32.add (local.get $i))
        (local.set $sum)
        drop
        (local.get $sum)))
    i32.add)

  ;; Throws in a loop, to the handler around it.
  (func (export "delegated_out") (type $unary) (local $sum i32) (local $i i32)
    (local.set $i (local.get 0))
    (try $outer (result i32)
      (do
        (try (result i32)
          (do
            (loop $l
              (try
                (do (local.set $sum (i32.add (local.get $sum)
                  (call $throw_if (local.get $i) (i32.eq (local.get $i) (i32.const 2))))))
                (delegate $outer))
              (local.set $i (i32.sub (local.get $i) (i32.const 1)))
              (br_if $l (local.get $i)))
            (i32.add (local.get $sum) (i32.const 7)))
          (catch_all (i32.const -1))))
      (catch $number
        drop
        (i32.add (i32.const 3000) (i32.add (local.get $sum) (local.get $i))))))

  ;; More loops than have copies: each has a try around its body, and throws from within.
  (func (export "nest") (param $n i32) (result i32 i32 i32 i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $in_a i32) (local $in_b i32) (local $in_c i32) (local $in_d i32)
    (loop $l_a
      (local.set $b (i32.const 0))
      (try
        (do
          (loop $l_b
            (local.set $c (i32.const 0))
            (try
              (do
                (loop $l_c
                  (local.set $d (i32.const 0))
                  (try
                    (do
                      (loop $l_d
                        (local.set $d (i32.add (local.get $d) (i32.const 1)))
                        (drop (call $throw_if (local.get $d)
                          (i32.and (i32.eq (local.get $d) (i32.const 2)) (i32.eq (local.get $c) (i32.const 1)))))
                        (local.set $in_d (i32.add (local.get $in_d) (i32.const 1)))
                        (br_if $l_d (i32.lt_s (local.get $d) (i32.const 2)))))
                    (catch $number drop))
                  (local.set $in_c (i32.add (local.get $in_c) (i32.const 1)))
                  (local.set $c (i32.add (local.get $c) (i32.const 1)))
                  (br_if $l_c (i32.lt_s (local.get $c) (local.get $n))))
                (throw $other (local.get $c)))
              (catch $number drop (local.set $in_b (i32.const -1)))
              (catch $other
                (drop (call $spin))
                (local.set $in_b (i32.add (local.get $in_b) (i32.const 1)))))
            (local.set $b (i32.add (local.get $b) (i32.const 1)))
            (br_if $l_b (i32.lt_s (local.get $b) (local.get $n))))
          (throw $pair (i64.const 1) (local.get $b)))
        (catch $pair
          (drop (call $spin))
          drop
          (local.set $in_a (i32.add (local.get $in_a) (i32.const 1)))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (br_if $l_a (i32.lt_s (local.get $a) (local.get $n))))
    (local.get $in_a) (local.get $in_b) (local.get $in_c) (local.get $in_d))

  ;; From the innermost of three loops to the handler around all.
  (func (export "from_innermost") (param $n i32) (result i32) (local $a i32) (local $b i32) (local $sum i32)
    (i32.const 100)
    (try (result i32)
      (do
        (loop $l_a
          (local.set $b (local.get $n))
          (loop $l_b
            (local.set $sum (i32.add (local.get $sum)
              (call $throw_if (local.get $b) (i32.eq (local.get $sum) (i32.const 53)))))
            (br_if $l_b (local.tee $b (i32.sub (local.get $b) (i32.const 1)))))
          (local.set $a (i32.add (local.get $a) (i32.const 1)))
          (br $l_a))
        unreachable)
      (catch $other drop (i32.const 0))
      (catch $number
        (i32.add (i32.mul (local.get $a) (i32.const 1000)))
        (i32.add (i32.add (local.get $sum) (i32.sub (call $spin (local.get $b)) (local.get $b))))
        (i32.sub (i32.const 1))))
    i32.add)

  ;; Tries between the loops, only the outer of which knows the tag.
  (func (export "tries_between") (param $n i32) (result i32) (local $i i32) (local $k i32) (local $sum i32)
    (loop $l
      (try
        (do
          (try
            (do
              (local.set $k (i32.const 0))
              (loop $m
                (try
                  (do (local.set $sum (i32.add (local.get $sum)
                    (call $throw_if (local.get $k) (i32.eq (local.get $k) (local.get $i))))))
                  (catch $other drop (local.set $sum (i32.const -1000))))
                (local.set $k (i32.add (local.get $k) (i32.const 1)))
                (br_if $m (i32.lt_s (local.get $k) (local.get $n)))))
            (catch $pair drop drop (local.set $sum (i32.const -2000)))
            (catch_all
              (local.set $sum (i32.add (local.get $sum) (call $spin (i32.const 2))))
              (rethrow 0))))
        (catch $number
          (local.set $sum (i32.add (i32.mul (i32.const 100)) (local.get $sum)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.add (local.get $n) (i32.const 1)))))
    (i32.add (local.get $sum) (i32.const 502)))

  (func (export "uncaught_in_loops") (local $i i32)
    (try
      (do
        (loop $l
          (try
            (do (drop (call $throw_if (local.get $i) (i32.eq (local.get $i) (i32.const 3)))))
            (catch $other drop))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $l)))
      (catch $pair drop drop))))
