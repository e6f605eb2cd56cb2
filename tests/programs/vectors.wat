;; Vectors wherever a value can be, live across loops and calls: among narrower locals and operands,
;; as arguments and results, in globals and in the results of blocks.
;; run: --invoke echo 0x000102030405060708090a0b0c0d0e0f
;; stdout: v128: 0x000102030405060708090a0b0c0d0e0f
;; run: --invoke echo 0x1ffffffffffffffff
;; stdout: v128: 0x0000000000000001ffffffffffffffff
;; run: --invoke echo 0X0
;; stdout: v128: 0x00000000000000000000000000000000
;; run: --invoke echo 1
;; status: 2
;; stderr: v128
;; run: --invoke echo 0x100000000000000000000000000000000
;; status: 2
;; stderr: v128
;; run: --invoke echo 0x12g
;; status: 2
;; stderr: v128
;; run: --invoke locals 5 0x00000004000000030000000200000001
;; stdout: i32: 5
;; stdout: v128: 0x00000009000000080000000700000006
;; stdout: i64: 5
;; stdout: v128: 0xfffffffffffffffffffffffffffffffb
;; run: --invoke operands 6
;; stdout: i64: 6216
;; stdout: v128: 0x0000000000000007000000000000000f
;; stdout: v128: 0x00000000000000030000000000000001
;; run: --invoke global 4
;; stdout: v128: 0x00000000000000040000000000000004
;; stdout: v128: 0x0123456789abcdef0f1e2d3c4b5a6978
;; run: --invoke arguments 3
;; stdout: v128: 0x00000000000000000000000000000023
;; stdout: i32: 21
;; stdout: v128: 0x0000000000000000000000000000000c
;; run: --invoke blocks 4
;; stdout: i64: 4
;; stdout: i64: 24
;; run: --invoke nested 3 4
;; stdout: v128: 0x0000000f0000000f0000000c0000000c
;; stdout: i32: 12
;; run: --invoke chosen 1
;; stdout: v128: 0x00000000000000020000000000000001
;; run: --invoke chosen 0
;; stdout: v128: 0x00000000000000040000000000000003
;; run: --invoke nan_payloads
;; stdout: v128: 0x7fc03747ff81cdcd7ff8000000ac0145
;; run: --invoke table 0x0f100f1f8f7f000102030405f0e0d0c1
;; stdout: v128: 0x1f001f00000010111213141500000000
;; stdout: v128: 0x1f101f1f001f10111213141500000000
;; stdout: v128: 0x1f101f1f1f1f10111213141510101011
;; stdout: v128: 0x1011101118171010101010101f1e1d1c
;; stdout: v128: 0x00000000000000000000000000001f10
;; run: --invoke second_of_pairs 0x0102030405060708090a0b0c0d0e0f10 9
;; stdout: v128: 0x1d021e28320646f4990a6e0c160e9610
(module
  (type $mix (func (param i32 v128 i64) (result v128 i32 v128)))
  (global $count (mut v128) (v128.const i64x2 0 0))
  (global $fixed v128 (v128.const i64x2 0x0f1e2d3c4b5a6978 0x0123456789abcdef))
  (table funcref (elem $mix $nothing))
  ;; Counts to n and gives it back.
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  (func (export "echo") (param v128) (result v128) (local.get 0))
  ;; Vectors between narrower locals, of which one is not live in the loop.
  (func (export "locals") (param $n i32) (param $v v128) (result i32 v128 i64 v128)
    (local $i i32) (local $dead v128) (local $k i64) (local $down v128)
    (local.set $dead (v128.const i32x4 9 9 9 9))
    (loop $l
      (local.set $v (i32x4.add (local.get $v) (i32x4.splat (i32.const 1))))
      (local.set $down (i64x2.sub (local.get $down) (v128.const i64x2 1 0)))
      (local.set $k (i64.add (local.get $k) (i64.const 1)))
      (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i) (local.get $v) (local.get $k)
    (v128.or (local.get $down) (v128.const i64x2 0 -1)))
  ;; Vectors on the stack below a loop, below a call in it, and as the loop's parameters.
  (func (export "operands") (param $n i32) (result i64 v128 v128) (local $i i32)
    (i64.const 6000)
    (v128.const i64x2 5 7)
    (i32.const 200)
    (v128.const i64x2 1 2) (i64.const 10)
    (loop $l (param v128 i64) (result i64 v128)
      (local.set $i (i32.add (local.get $i) (call $spin (i32.const 1))))
      (i64.add (i64.const 1))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n)))
      (call $swap))
    (call $gather))
  (func $swap (param v128 i64) (result i64 v128) (local.get 1) (local.get 0))
  (func $gather (param $a i64) (param $b v128) (param $c i32) (param $d i64) (param $e v128)
    (result i64 v128 v128)
    (i64.add (i64.add (local.get $a) (i64.extend_i32_u (call $spin (local.get $c)))) (local.get $d))
    (i64x2.add (local.get $b) (v128.const i64x2 10 0))
    (i64x2.add (local.get $e) (v128.const i64x2 0 1)))
  (func (export "global") (param $n i32) (result v128 v128)
    (loop $l
      (global.set $count (i64x2.add (global.get $count) (i64x2.splat (i64.const 1))))
      (drop (call $spin (i32.const 2)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.get $count) (global.get $fixed))
  ;; Through a table, with results between those of calls around it.
  (func $mix (type $mix) (local $v v128)
    (local.set $v (i64x2.splat (local.get 2)))
    (v128.const i64x2 32 0)
    (i64x2.add (v128.and (local.get 1) (v128.const i64x2 -1 0)))
    (call $spin (i32.mul (local.get 0) (i32.const 7)))
    (v128.and (local.get $v) (v128.const i64x2 -1 0)))
  (func (export "arguments") (param $n i32) (result v128 i32 v128)
    (call_indirect (type $mix) (local.get $n) (i64x2.splat (i64.extend_i32_u (call $spin (local.get $n))))
      (i64.const 12) (i32.const 0)))
  ;; Branches carry vectors out of loops, past operands of other widths.
  (func (export "blocks") (param $n i32) (result i64 i64) (local $sum v128) (local $i i64)
    (block $out (result i64 v128)
      (i64.const 100)
      (v128.const i64x2 1 1)
      (loop $outer (param v128) (result v128)
        (drop)
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (drop (call $spin (i32.const 2)))
        (local.set $sum (i64x2.add (local.get $sum) (v128.const i64x2 2 4)))
        (drop (br_if $out (local.get $i) (local.get $sum)
          (i64.eq (local.get $i) (i64.extend_i32_u (local.get $n)))))
        (drop)
        (v128.const i64x2 9 9)
        (br $outer)))
    (local.set $sum)
    (i64.add (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum))))
  ;; An accumulator through two loops, one of which is copied whole when it goes on.
  (func (export "nested") (param $n i32) (param $m i32) (result v128 i32)
    (local $v v128) (local $i i32) (local $k i32) (local $total i32)
    (loop $outer
      (local.set $k (i32.const 0))
      (loop $inner
        (local.set $v (i32x4.add (local.get $v) (v128.const i32x4 1 1 0 0)))
        (local.set $total (i32.add (local.get $total) (i32.const 1)))
        (br_if $inner (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $m))))
      (local.set $v (i32x4.add (local.get $v) (v128.const i32x4 0 0 5 5)))
      (br_if $outer (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $v) (local.get $total))
  (func (export "chosen") (param $which i32) (result v128)
    (v128.const i64x2 1 2)
    (if (result v128) (call $spin (i32.const 1))
      (then (v128.const i64x2 3 4))
      (else (v128.const i64x2 0 0)))
    (select (result v128) (local.get $which)))
  ;; Indices that may be out of range, and some that can't be.
  (func (export "table") (param $i v128) (result v128 v128 v128 v128 v128) (local $t v128)
    (local.set $t (v128.const i8x16 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31))
    (i8x16.swizzle (local.get $t) (local.get $i))
    (i8x16.swizzle (local.get $t)
      (v128.and (local.get $i) (v128.const i64x2 0x8f8f8f8f8f8f8f8f 0x8f8f8f8f8f8f8f8f)))
    (i8x16.swizzle (local.get $t) (v128.and (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15) (local.get $i)))
    (i8x16.swizzle (local.get $t) (i8x16.shr_u (local.get $i) (i32.const 4)))
    (i8x16.swizzle (local.get $t) (v128.const i8x16 0 15 16 127 128 143 144 255 32 64 112 96 80 48 31 240)))
  ;; What a NaN carries stays: a signalling one of f32, one of f64.
  (func (export "nan_payloads") (result v128) (local $v v128)
    (local.set $v (i64x2.replace_lane 0
      (v128.const i32x4 0 0 0xff81cdcd 0x7fc03747) (i64.const 0x7ff8000000ac0145)))
    (drop (call $spin (i32.const 3)))
    (local.get $v))
  (func $nothing)
  ;; Each shuffle wants its operands in a pair of registers, which calls leave on the stack.
  (func (export "second_of_pairs") (param $v v128) (param $times i32) (result v128) (local $sum v128)
    (loop $again
      (call_indirect (i32.const 1))
      (local.set $sum
        (i8x16.add (local.get $sum)
          (i8x16.shuffle 0 17 2 31 4 21 6 16 15 25 10 27 3 29 14 1 (local.get $sum) (local.get $v))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i8x16.add (local.get $sum) (local.get $v))))
