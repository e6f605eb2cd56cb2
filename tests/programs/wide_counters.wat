;; Loops counted by 64 bits, with addresses that are the low halves, at the boundaries of both.
;; run: --invoke not_equal 0 64 0
;; stdout: i64: 4119363088384756164
;; run: --invoke not_equal 0 64 65280
;; stdout: i64: -8826037894649178144
;; run: --invoke not_equal 0 65 65280
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke not_equal 4294967296 4294967360 16
;; stdout: i64: -2580867255126226492
;; run: --invoke not_equal -20 5 80
;; stdout: i64: 7194704818704254261
;; run: --invoke not_equal 17179869168 17179869200 64
;; stdout: i64: -4370216458439432533
;; run: --invoke not_equal 9223372036854775800 -9223372036854775800 32
;; stdout: i64: -8723605869401390846
;; run: --invoke up_unsigned 0 200 0
;; stdout: i64: 5448477585613885496
;; run: --invoke up_unsigned 5 0 0
;; stdout: i64: -3016180968933896441
;; run: --invoke up_unsigned 65437 65535 0
;; stdout: i64: -3448526060983213091
;; run: --invoke up_unsigned 65437 65536 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke up_unsigned -100 -1 100
;; stdout: i64: -5905132169880413495
;; run: --invoke up_unsigned 4294967232 4294967360 64
;; stdout: i64: -7979861395463939575
;; run: --invoke up_signed -300 300 1000
;; stdout: i64: 5261600133370257812
;; run: --invoke up_signed 9223372036854775552 9223372036854775807 256
;; stdout: i64: -5739626753850419825
;; run: --invoke up_inclusive 0 198 0
;; stdout: i64: 5824429186458747285
;; run: --invoke up_inclusive 10 10 0
;; stdout: i64: -3016180496487494547
;; run: --invoke down_signed 100 -100 500
;; stdout: i64: -8969483353673408830
;; run: --invoke down_signed -9223372036854775792 -9223372036854775807 32
;; stdout: i64: -3422888189611836601
;; run: --invoke down_unsigned 1000 505 0
;; stdout: i64: -4707918876192099084
;; run: --invoke down_unsigned 4294968320 4294968064 0
;; stdout: i64: 4725510193898155788
;; run: --invoke not_equal_by_three 0 99 0
;; stdout: i64: -5005457551332225953
;; run: --invoke not_equal_by_three -99 0 99
;; stdout: i64: -5005457551332225260
;; run: --invoke until_zero 1 0
;; stdout: i64: 2316081462291985707
;; run: --invoke until_zero 100 64
;; stdout: i64: -6880674647241266900
;; run: --invoke until_zero 100 65136
;; stdout: i64: 2546764036385673030
;; run: --invoke until_zero 101 65136
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke until_zero 0 65472
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sum 0 200
;; stdout: i64: 2646700
;; run: --invoke sum 4294967280 4294967424
;; stdout: i64: 68650757951640
;; run: --invoke sum 5 0
;; stdout: i64: 25
;; run: --invoke lagging 1 100 0
;; stdout: i64: 1842577513638447624
;; run: --invoke lagging 1 100 7
;; stdout: i64: -6859889550825960282
;; run: --invoke lagging 4294967297 4294967424 0
;; stdout: i64: 7345489327213543567
(module
  (memory 1)

  (data (i32.const 0) "loops that count in sixty-four bits, and address in thirty-two; ")
  (data (i32.const 700) "what lies in between, where nobody looks but who should not: one byte")
  (data (i32.const 65280) "the end of memory, where a loop that goes on too long falls off, and traps")

  ;; What is in memory, at its start and at its end, and the counter.
  (func $hash (param $h i64) (param $p i32) (param $end i32) (result i64)
    (loop $next
      (local.set $h (i64.add (i64.rotl (local.get $h) (i64.const 7)) (i64.load (local.get $p))))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 8))) (local.get $end))))
    (local.get $h))
  (func $outcome (param $i i64) (result i64)
    (call $hash (call $hash (local.get $i) (i32.const 0) (i32.const 1024)) (i32.const 65024) (i32.const 65536)))

  ;; p[i] += i, as long as i has not come to the end
  (func $not_equal (export "not_equal") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store (i32.add (local.get $p) (i32.shl (i32.wrap_i64 (local.get $i)) (i32.const 2)))
        (i32.add (i32.wrap_i64 (local.get $i))
          (i32.load (i32.add (local.get $p) (i32.shl (i32.wrap_i64 (local.get $i)) (i32.const 2))))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.ne (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $up_unsigned (export "up_unsigned") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $up_signed (export "up_signed") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const 3)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $up_inclusive (export "up_inclusive") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const 2)))
      (br_if $next (i64.le_u (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $down_signed (export "down_signed") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const -1)))
      (br_if $next (i64.gt_s (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $down_unsigned (export "down_unsigned") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const -5)))
      (br_if $next (i64.ge_u (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  (func $not_equal_by_three (export "not_equal_by_three") (param $i i64) (param $end i64) (param $p i32) (result i64)
    (loop $next
      (i32.store8 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))
        (i32.xor (i32.load8_u offset=1 (i32.add (local.get $p) (i32.wrap_i64 (local.get $i)))) (i32.const 85)))
      (local.set $i (i64.add (local.get $i) (i64.const 3)))
      (br_if $next (i64.ne (local.get $i) (local.get $end))))
    (call $outcome (local.get $i)))

  ;; The counter is a pointer, too, that wraps at 2^32.
  (func $until_zero (export "until_zero") (param $n i64) (param $p i32) (result i64) (local $q i32)
    (local.set $q (local.get $p))
    (loop $next
      (i32.store (local.get $q) (i32.wrap_i64 (local.get $n)))
      (local.set $q (i32.add (local.get $q) (i32.const 4)))
      (br_if $next (i32.eqz (i64.eqz (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
    (call $outcome (local.get $n)))

  ;; Nothing but a sum, of more than there is room for in 32 bits.
  (func $sum (export "sum") (param $i i64) (param $end i64) (result i64) (local $s i64)
    (loop $next
      (local.set $s (i64.add (local.get $s) (i64.mul (local.get $i) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (local.get $end))))
    (local.get $s))

  ;; A local of 32 bits that is where the counter was.
  (func $lagging (export "lagging") (param $i i64) (param $end i64) (param $last i32) (result i64)
    (loop $next
      (i32.store (i32.shl (local.get $last) (i32.const 2)) (i32.add (i32.load (i32.shl (i32.wrap_i64 (local.get $i)) (i32.const 2))) (local.get $last)))
      (local.set $last (i32.wrap_i64 (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_s (local.get $i) (local.get $end))))
    (call $outcome (local.get $i))))
