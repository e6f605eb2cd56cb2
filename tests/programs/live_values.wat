;; Values of every type that are live across loops and calls: locals, operands, arguments, results.
;; run: --invoke numbers 7 0x123456789abcdef 1.5 -2.25
;; stdout: i32: 15
;; stdout: i64: 81985529216486903
;; stdout: f32: 9.5
;; stdout: f64: 5.75
;; run: --invoke nan_payloads
;; stdout: i32: -8270387
;; stdout: i64: -2251799802412731
;; stdout: i32: 2143303495
;; stdout: i64: 9222246140151271731
;; run: --invoke zeros
;; stdout: i32: -2147483648
;; stdout: i64: -9223372036854775808
;; run: --invoke references 3
;; stdout: i32: 111
;; stdout: i32: 1
;; stdout: i32: 1
;; run: --invoke operands 5
;; stdout: i64: 6216
;; run: --invoke dead_local 9
;; stdout: i32: 90
;; run: --invoke parameters_change 4 10
;; stdout: i32: 10
;; stdout: i32: 410
;; run: --invoke across_drop
;; stdout: i32: 23
;; run: --invoke tees 6
;; stdout: i32: 42
(module
  (type $get (func (result i32)))
  (global $ten (mut i32) (i32.const 10))
  (table 3 funcref)
  (elem declare func $spin $forty)
  ;; Counts to n and gives it back.
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  (func $forty (result i32) (call $spin (i32.const 40)))
  (func (export "numbers") (param i32 i64 f32 f64) (result i32 i64 f32 f64) (local $i i32)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3)
    (loop $l (param i32 i64 f32 f64) (result i32 i64 f32 f64)
      (local.set 3 (f64.add (f64.const 1))) ;; and so on: the stack is what the locals were, and one
      (local.set 2 (f32.add (f32.const 1)))
      (local.set 1 (i64.add (i64.const 1)))
      (local.set 0 (i32.add (i32.const 1)))
      (local.get 0) (local.get 1) (local.get 2) (local.get 3)
      (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8)))))
  (func (export "nan_payloads") (result i32 i64 i32 i64)
    (local $f f32) (local $d f64) (local $i i32) (local $bits i64)
    (local.set $f (f32.reinterpret_i32 (i32.const 0x7fc03747)))
    (local.set $d (f64.reinterpret_i64 (i64.const 0x7ffc0000beef1133)))
    (f32.reinterpret_i32 (i32.const 0xff81cdcd)) ;; a signalling one, on the stack
    (f64.reinterpret_i64 (i64.const 0xfff8000000ac0145))
    (loop $l (param f32 f64) (result f32 f64)
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (local.set $bits (i64.reinterpret_f64))
    (drop (call $spin (i32.const 3)))
    (i32.reinterpret_f32)
    (local.get $bits)
    (i32.reinterpret_f32 (local.get $f))
    (i64.reinterpret_f64 (call $same (local.get $d))))
  (func $same (param f64) (result f64) (drop (call $spin (i32.const 2))) (local.get 0))
  (func (export "zeros") (result i32 i64) (local $f f32) (local $d f64)
    (local.set $f (f32.const -0)) (local.set $d (f64.const -0))
    (drop (call $spin (i32.const 4)))
    (i32.reinterpret_f32 (local.get $f)) (i64.reinterpret_f64 (local.get $d)))
  ;; Function references in locals and on the stack, null ones too.
  (func (export "references") (param $n i32) (result i32 i32 i32)
    (local $f funcref) (local $null funcref) (local $x externref) (local $sum i32)
    (local.set $f (ref.func $forty))
    (i32.const 2) (ref.func $spin) (i32.const 0) (ref.null func) (ref.null extern)
    (loop $l (param funcref i32 funcref externref) (result funcref i32 funcref externref)
      (table.set 0 (i32.const 1) (local.get $f))
      (local.set $sum (i32.add (local.get $sum) (call_indirect (type $get) (i32.const 1))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $x)
    (table.set 0)
    (table.set 0)
    (i32.sub (local.get $sum) (call_indirect (param i32) (result i32) (i32.const 9) (i32.const 2)))
    (i32.and (ref.is_null (local.get $null)) (ref.is_null (table.get 0 (i32.const 0))))
    (ref.is_null (local.get $x)))
  ;; A stack of operands below a loop and below calls in it.
  (func (export "operands") (param $n i32) (result i64) (local $i i32)
    (i64.const 6000) (i64.const 200)
    (f64.const 1.5)
    (i32.add (call $spin (i32.const 1)) (block (result i32)
      (loop $l (result i32)
        (local.set $i (i32.add (local.get $i) (call $spin (i32.const 1))))
        (br_if $l (i32.lt_s (local.get $i) (local.get $n)))
        (local.get $i))))
    (i64.trunc_f64_s (f64.mul (f64.convert_i32_s)))
    (i64.add (i64.const 7)) i64.add i64.add)
  ;; $dead holds what it was given until the last use before the loop: it is not saved, and 0 afterwards.
  (func (export "dead_local") (param $n i32) (result i32) (local $dead i32) (local $sum i32)
    (local.set $dead (i32.mul (local.get $n) (i32.const 5)))
    (local.set $sum (local.get $dead))
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $dead (local.get $sum))
    (local.get $dead))
  (func (export "parameters_change") (param $a i32) (param $b i32) (result i32 i32)
    (local.set $b (i32.add (local.get $b) (i32.const 400)))
    (local.set $a (call $spin (global.get $ten)))
    (local.get $a) (local.get $b))
  (func (export "across_drop") (result i32)
    (i32.const 3) (call $spin (i32.const 20)) (call $spin (i32.const 7)) (call $spin (i32.const 8)) drop drop
    i32.add)
  (func (export "tees") (param $n i32) (result i32) (local $a i32) (local $b i32)
    (i32.mul
      (local.tee $a (i32.add (call $spin (local.get $n)) (i32.const 1)))
      (local.tee $b (call $spin (i32.sub (local.get $a) (i32.const 1)))))
    (drop (call $spin (local.get $b)))))
