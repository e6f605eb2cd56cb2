;; Exceptions in the form before try_table, as deployed toolchains emit them, also while a program moves.
;; run: --invoke caught 4
;; stdout: i32: 4
;; run: --invoke caught 7
;; stdout: i32: 1007
;; run: --invoke order 0
;; stdout: i32: 100
;; run: --invoke order 1
;; stdout: i32: 201
;; run: --invoke order 2
;; stdout: i32: 302
;; run: --invoke order 3
;; stdout: i32: 400
;; run: --invoke cleanups 10
;; stdout: i32: 577
;; stdout: i32: 55
;; run: --invoke rethrow_outer 0
;; stdout: i32: 11
;; run: --invoke rethrow_outer 1
;; stdout: i32: 22
;; run: --invoke rethrow_outer 2
;; stdout: i32: 33
;; run: --invoke delegated 0
;; stdout: i32: 1
;; run: --invoke delegated 1
;; stdout: i32: 20
;; run: --invoke delegated 2
;; stdout: i32: 30
;; run: --invoke delegated_to_caller
;; stdout: i32: 5
;; run: --invoke rounds 9
;; stdout: i32: 45
;; stdout: i32: 25
;; run: --invoke values
;; stdout: i32: 1
;; stdout: i64: -2
;; stdout: f32: 3.5
;; stdout: f64: -4.25
;; stdout: i64: 7
;; run: --invoke below_operands
;; stdout: i32: 111
;; run: --invoke tail_call_leaves_first 5
;; stdout: i32: 5005
;; run: --invoke kept_twice
;; stdout: i32: 12
;; run: --invoke loops_in_handlers 3
;; stdout: i32: 666
;; run: --invoke result_of_try 2
;; stdout: i32: 2
;; run: --invoke result_of_try 3
;; stdout: i32: -1
;; run: --invoke not_a_trap
;; status: 134
;; stderr: wasm trap: unreachable
;; run: --invoke uncaught
;; status: 134
;; stderr: uncaught exception
(module
  (type $unary (func (param i32) (result i32)))
  (tag $nothing)
  (tag $number (param i32))
  (tag $other (param i32))
  (tag $many (param i32 i64 f32 f64 v128))
  (global $cleaned (mut i32) (i32.const 0))

  ;; Its parameter, if that is above 0, after as many iterations.
  (func $spin (type $unary) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get 0))))
    (local.get $i))
  (func $throw_odd (type $unary)
    (if (i32.and (call $spin (local.get 0)) (i32.const 1)) (then (throw $number (local.get 0))))
    (local.get 0))
  (func $throw_by_number (param i32)
    (drop (call $spin (local.get 0)))
    (if (i32.eqz (local.get 0)) (then (throw $nothing)))
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $number (i32.const 1))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $other (i32.const 2)))))

  (func (export "caught") (type $unary)
    (try (result i32)
      (do (call $throw_odd (local.get 0)))
      (catch $number (i32.add (i32.const 1000)))))

  (func (export "order") (type $unary)
    (try (result i32)
      (do
        (try (result i32)
          (do (call $throw_by_number (local.get 0)) (i32.const 400))
          (catch $number (i32.add (i32.const 200)))
          (catch $number drop (i32.const 0))
          (catch $nothing (i32.add (call $spin (i32.const 2)) (i32.const 98)))))
      (catch $nothing (i32.const 0))
      (catch_all (i32.const 302))))

  ;; As many frames, each with a cleanup that throws again.
  (func $deep (type $unary)
    (if (i32.eqz (local.get 0)) (then (throw $number (i32.const 77))))
    (try (result i32)
      (do (i32.add (call $spin (i32.const 3)) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (catch_all
        (global.set $cleaned (i32.add (global.get $cleaned) (call $spin (local.get 0))))
        (rethrow 0))))
  (func (export "cleanups") (param i32) (result i32 i32)
    (i32.const 500)
    (try (result i32)
      (do (call $deep (local.get 0)))
      (catch $other (drop) (i32.const 0))
      (catch $number (local.set 0) (local.get 0)))
    i32.add
    (global.get $cleaned))

  ;; The exception of the outer handler, thrown again in the inner one.
  (func (export "rethrow_outer") (type $unary)
    (try (result i32)
      (do
        (try
          (do (throw $number (i32.const 11)))
          (catch $number
            drop
            (try
              (do (throw $other (i32.const 22)))
              (catch $other
                drop
                (drop (call $spin (i32.const 3)))
                (if (i32.eqz (local.get 0)) (then (rethrow 2)))
                (if (i32.eq (local.get 0) (i32.const 1)) (then (rethrow 1)))
                (drop (call $spin (i32.const 3)))))))
        (i32.const 33))
      (catch $number)
      (catch $other)))

  (func (export "delegated") (type $unary)
    (try $outer (result i32)
      (do
        (try (result i32)
          (do
            (try (result i32)
              (do
                (try
                  (do (call $throw_by_number
                    (select (local.get 0) (i32.const 3) (i32.ne (local.get 0) (i32.const 1)))))
                  (delegate $outer))
                (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $number (i32.const 20))))
                (i32.const 1))
              (delegate 0)))
          (catch $nothing (i32.const 10))
          (catch $number)))
      (catch $nothing (i32.const 1))
      (catch $other (i32.add (i32.const 28)))))

  (func $delegates_all
    (try (do (try (do (drop (call $throw_odd (i32.const 5)))) (delegate 1))) (catch_all)))
  (func (export "delegated_to_caller") (result i32)
    (try (result i32) (do (call $delegates_all) (i32.const 0)) (catch $number)))

  ;; The sum of all, and of what was thrown.
  (func (export "rounds") (param $n i32) (result i32 i32) (local $thrown i32) (local $i i32)
    (i32.const 0)
    (loop $l (param i32) (result i32)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (try (result i32)
        (do (call $throw_odd (local.get $i)))
        (catch $number
          (call $spin)
          (local.set $thrown (i32.add (local.get $thrown)))
          (local.get $i)))
      i32.add
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $thrown))

  (func (export "values") (result i32 i64 f32 f64 i64) (local $v v128)
    (try (result i32 i64 f32 f64 v128)
      (do
        (throw $many (i32.const 1) (i64.const -2) (f32.const 3.5) (f64.const -4.25)
          (v128.const i64x2 7 6)))
      (catch $many (drop (call $spin (i32.const 4)))))
    (local.set $v)
    (i64x2.extract_lane 0 (local.get $v)))

  (func (export "below_operands") (result i32)
    (i32.const 1)
    (i32.const 10)
    (try (result i32)
      (do (i32.const 5) (i32.const 6) (drop (call $throw_odd (i32.const 3))) i32.add)
      (catch_all (call $spin (i32.const 100))))
    i32.add
    i32.add)

  (func $tail (type $unary)
    (try (result i32)
      (do (return_call $throw_odd (local.get 0)))
      (catch_all (i32.const 9000))))
  (func (export "tail_call_leaves_first") (type $unary)
    (try (result i32)
      (do (call $tail (local.get 0)))
      (catch $number (i32.add (i32.const 5000)))))

  ;; Two exceptions that are kept at once, thrown again one after the other.
  (func (export "kept_twice") (result i32) (local $sum i32)
    (try
      (do (throw $number (i32.const 5)))
      (catch $number
        (local.set $sum)
        (try
          (do
            (try
              (do (throw $other (i32.const 1)))
              (catch_all
                (drop (call $spin (i32.const 2)))
                (try (do (rethrow 1))
                  (catch $other (local.set $sum (i32.add (local.get $sum)))))
                (drop (call $spin (i32.const 2)))
                (rethrow 2))))
          (catch $other drop)
          (catch $number (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
            (local.set $sum (i32.add (local.get $sum)))))))
    (local.get $sum))

  (func (export "loops_in_handlers") (param $n i32) (result i32) (local $sum i32) (local $i i32)
    (loop $l
      (try
        (do (throw $number (local.get $n)))
        (catch $number
          (local.set $i)
          (loop $k
            (local.set $sum (i32.add (local.get $sum) (call $spin (local.get $i))))
            (try
              (do (drop (call $throw_odd (i32.const 1))))
              (catch_all
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br_if $k (local.get $i))))))
        (catch_all (local.set $sum (i32.const 0))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.mul (local.get $sum) (i32.const 66))
    (i32.add (i32.const 6)))

  (func (export "result_of_try") (type $unary)
    (block $out (result i32)
      (try (result i32)
        (do (br $out (call $throw_odd (local.get 0))))
        (catch_all (i32.const -1)))))

  (func (export "not_a_trap")
    (try (do (drop (call $spin (i32.const 2))) unreachable) (catch_all)))
  (func (export "uncaught")
    (try (do (drop (call $throw_odd (i32.const 3)))) (catch $other drop))))
