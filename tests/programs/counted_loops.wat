;; Counted loops at the boundaries of what they count: the fast versions run only where no
;; counter and no address wraps, and everywhere else the loop is the one of the source.
;; run: --invoke up_unsigned 0 10
;; stdout: i32: 618735868
;; run: --invoke up_unsigned -3 10
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke up_unsigned 5 0
;; stdout: i32: -230865664
;; run: --invoke up_unsigned -12 -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke up_unsigned 0 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke up_unsigned 0 65533
;; stdout: i32: -981302784
;; run: --invoke up_unsigned 65531 65533
;; stdout: i32: 1694564348
;; run: --invoke up_signed -8 8
;; stdout: i32: 1753837896
;; run: --invoke up_signed 2147483640 2147483647
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke up_inclusive 0 9
;; stdout: i32: -779770697
;; run: --invoke up_inclusive 65535 65535
;; stdout: i32: 150994944
;; run: --invoke up_inclusive -2 -2
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke down_signed 40 0
;; stdout: i32: 1135112684
;; run: --invoke down_signed 8 -8
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke down_unsigned 40 0
;; stdout: i32: 1135112684
;; run: --invoke down_unsigned 65532 65000
;; stdout: i32: 1220211956
;; run: --invoke down_unsigned 65536 65000
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke down_unsigned 4 -4
;; stdout: i32: -1490538236
;; run: --invoke down_inclusive 40 4
;; stdout: i32: -1490538236
;; run: --invoke not_equal 0 64
;; stdout: i32: 273251296
;; run: --invoke not_equal 64 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke not_equal -4 60
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke not_equal_by_three 0 33
;; stdout: i32: 613006580
;; run: --invoke until_zero 1
;; stdout: i32: 1333230559
;; run: --invoke until_zero 100
;; stdout: i32: -1174934578
;; run: --invoke until_zero 16384
;; stdout: i32: 1614798848
;; run: --invoke until_zero 16385
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke until_zero 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke wrapping_address -100 60
;; stdout: i32: -2144695432
;; run: --invoke wrapping_address -100 101
;; stdout: i32: -272135340
;; run: --invoke reversed 0 40
;; stdout: i32: -1412262960
;; run: --invoke reversed 0 20
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke same 0 1
;; stdout: i32: 1755655473
;; run: --invoke same 0 0
;; stdout: i32: 931278248
;; run: --invoke same 1 0
;; stdout: i32: -447117515
;; run: --invoke same 400 0
;; stdout: i32: 1453214120
;; run: --invoke same 65136 0
;; stdout: i32: 1394913264
;; run: --invoke same 65137 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke far 0
;; stdout: i32: -1571241984
;; run: --invoke far 65000
;; stdout: i32: -523714560
;; run: --invoke far 65001
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke before 8
;; stdout: i32: 321706998
;; run: --invoke before 4
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke before 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke swapped 0 400
;; stdout: i32: -2051515840
;; run: --invoke swapped 0 4
;; stdout: i32: -36726209
;; run: --invoke by_local 0 7 50000
;; stdout: i32: -1221844411
;; run: --invoke by_local 5 7 5
;; stdout: i32: 5
;; run: --invoke by_local 3 1 39000
;; stdout: i32: -1511096915
;; run: --invoke by_local 0 0 9
;; stdout: i32: 0
;; run: --invoke by_local 30 -3 90
;; stdout: i32: 1961171823
;; run: --invoke by_local -20 7 -1
;; stdout: i32: -1090055456
;; run: --invoke by_local 1 1073741824 -1
;; stdout: i32: 2003452928
;; run: --invoke by_local 1 1073741825 -1
;; stdout: i32: 209080864
;; run: --invoke by_difference_signed -50000 7 50000
;; stdout: i32: -656529071
;; run: --invoke by_difference_signed -3 39 0
;; stdout: i32: -3
;; run: --invoke by_difference_signed 2147483000 100 2147483647
;; stdout: i32: -205953920
;; run: --invoke by_difference_signed 7 -1 5
;; stdout: i32: 7
(module
  (memory 1)
  ;; Every function gives the sum of what it left in the memory, weighted by place.
  (func $sum (result i32) (local $p i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31))
                             (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 65536))))
    (local.get $s))
  (func (export "up_unsigned") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $end))))
    (call $sum))
  ;; Four below the highest number the next step wraps, and the loop goes on.
  (func (export "up_signed") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store8 (i32.and (local.get $i) (i32.const 0xff)) (i32.const 5))
      (i32.store8 (i32.add (i32.sub (local.get $i) (local.get $end)) (i32.const 1000)) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $l (i32.gt_s (local.get $end) (local.get $i))))
    (call $sum))
  (func (export "up_inclusive") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store8 (local.get $i) (i32.const 9))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.le_u (local.get $i) (local.get $end))))
    (call $sum))
  (func (export "down_signed") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store (local.get $i) (local.get $i))
      (br_if $l (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 4)))
                          (local.get $end))))
    (call $sum))
  (func (export "down_unsigned") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const -4)))
      (br_if $l (i32.lt_u (local.get $end) (local.get $i))))
    (call $sum))
  (func (export "down_inclusive") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i64.store (local.get $i) (i64.extend_i32_u (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const -4)))
      (br_if $l (i32.eqz (i32.lt_u (local.get $i) (local.get $end)))))
    (call $sum))
  (func (export "not_equal") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store offset=4 (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $l (i32.ne (local.get $i) (local.get $end))))
    (call $sum))
  (func (export "not_equal_by_three") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store8 (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 3)))
      (br_if $l (i32.sub (local.get $end) (local.get $i))))
    (call $sum))
  (func (export "until_zero") (param $n i32) (result i32) (local $p i32)
    (loop $l
      (i32.store (local.get $p) (local.get $n))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  ;; A negative start plus a counter: all addresses are positive once they are added.
  (func (export "wrapping_address") (param $start i32) (param $n i32) (result i32) (local $i i32)
    (local.set $i (i32.const 100))
    (loop $l
      (i32.store (i32.add (local.get $start) (local.get $i)) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  ;; One pointer up and one down, over the same bytes or not.
  (func (export "reversed") (param $up i32) (param $down i32) (result i32) (local $n i32)
    (call $fill)
    (local.set $n (i32.const 10))
    (loop $l
      (i32.store (local.get $up) (i32.load (local.get $down)))
      (local.set $up (i32.add (local.get $up) (i32.const 4)))
      (local.set $down (i32.sub (local.get $down) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  ;; Two arrays that overlap or not.
  (func (export "same") (param $to i32) (param $from i32) (result i32) (local $i i32)
    (call $fill)
    (loop $l
      (i32.store (i32.add (local.get $to) (local.get $i))
        (i32.add (i32.const 1) (i32.load (i32.add (local.get $from) (local.get $i)))))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 400))))
    (call $sum))
  ;; 66 doubles from p + 8 on: those of 65000 end with the memory.
  (func (export "far") (param $p i32) (result i32) (local $n i32)
    (local.set $n (i32.const 66))
    (loop $l
      (f64.store offset=8 (local.get $p) (f64.convert_i32_u (local.get $n)))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  ;; p - 8 lies before the memory for p < 8.
  (func (export "before") (param $p i32) (result i32) (local $n i32)
    (local.set $n (i32.const 20))
    (loop $l
      (i32.store (i32.sub (local.get $p) (i32.const 8)) (local.get $n))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  ;; What is disjoint in one run of the inner loop need not be so in the next.
  (func (export "swapped") (param $p i32) (param $q i32) (result i32)
    (local $i i32) (local $n i32) (local $other i32)
    (i32.store (local.get $p) (i32.const 5))
    (local.set $n (i32.const 4))
    (loop $runs
      (local.set $i (i32.const 0))
      (loop $l
        (i32.store (i32.add (local.get $q) (local.get $i))
                   (i32.add (i32.load (local.get $p)) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $l (i32.ne (local.get $i) (i32.const 64))))
      (local.set $other (local.get $p))
      (local.set $p (local.get $q))
      (local.set $q (local.get $other))
      (br_if $runs (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $sum))
  (func $fill (local $i i32)
    (loop $l
      (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 0x9e3779b1)))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2000)))))
  ;; The step is no constant, and may be zero, wrap, or be too long; a second way out ends what goes on for ever.
  (func (export "by_local") (param $i i32) (param $step i32) (param $end i32) (result i32)
    (local $n i32) (local $s i32)
    (block $out
      (loop $l
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (local.get $i)))
        (br_if $out (i32.eq (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 40000)))
        (local.set $i (i32.add (local.get $i) (local.get $step)))
        (br_if $l (i32.lt_u (local.get $i) (local.get $end)))))
    (local.get $s))
  (func (export "by_difference_signed") (param $i i32) (param $step i32) (param $end i32) (result i32)
    (local $n i32) (local $s i32) (local $less i32)
    (local.set $less (i32.load8_u (i32.const 0)))
    (block $out
      (loop $l
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (local.get $i)))
        (br_if $out (i32.eq (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 40000)))
        (local.set $i (i32.sub (i32.add (local.get $i) (local.get $step)) (local.get $less)))
        (br_if $l (i32.ge_s (local.get $end) (local.get $i)))))
    (local.get $s)))
