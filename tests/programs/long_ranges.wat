;; Instructions on ranges that are so long that they are done in parts, with polls between:
;; the direction of overlapping copies, bounds that are checked before anything is written,
;; values of all types below them on the operand stack.
;; run: --invoke upwards 4500 1
;; stdout: i64: 10122750
;; run: --invoke downwards 4500 1
;; stdout: i64: 10122750
;; run: --invoke upwards 4500 200000
;; stdout: i64: 10122750
;; run: --invoke downwards 4500 300000
;; stdout: i64: 10122750
;; run: --invoke fill 262201
;; stdout: i64: 1048804
;; run: --invoke below 262200
;; stdout: i64: 262250
;; run: --invoke wide 262200
;; stdout: i64: 786600
;; run: --invoke copy_outside
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; stderr: copy_outside
;; run: --invoke fill_outside
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke wide_fill_that_wraps
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke tables 30000
;; stdout: i32: 30004
;; run: --invoke table_outside
;; status: 134
;; stderr: wasm trap: out of bounds table access
(module
  (memory $m 32)
  (memory $w i64 32)
  (table $t 40000 funcref)
  (table $u 40000 funcref)
  (elem declare func $one)
  (func $one (result i32) (i32.const 1))

  ;; 0, 1, … at `at`, each in 64 bytes of its own, and their sum.
  (func $write (param $at i32) (param $n i32)
    (local $i i32)
    (loop $next
      (i64.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 6)))
        (i64.extend_i32_u (local.get $i)))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func $sum (param $at i32) (param $n i32) (result i64)
    (local $i i32) (local $total i64)
    (loop $next
      (local.set $total (i64.add (local.get $total)
        (i64.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 6))))))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $total))

  (func (export "upwards") (param $n i32) (param $by i32) (result i64)
    (call $write (i32.const 16) (local.get $n))
    (memory.copy (i32.add (i32.const 16) (local.get $by)) (i32.const 16)
      (i32.shl (local.get $n) (i32.const 6)))
    (call $sum (i32.add (i32.const 16) (local.get $by)) (local.get $n)))
  (func (export "downwards") (param $n i32) (param $by i32) (result i64)
    (call $write (i32.add (i32.const 16) (local.get $by)) (local.get $n))
    (memory.copy (i32.const 16) (i32.add (i32.const 16) (local.get $by))
      (i32.shl (local.get $n) (i32.const 6)))
    (call $sum (i32.const 16) (local.get $n)))

  ;; The number of ones in the bits around and in the n bytes at 100.
  (func $ones (param $n i32) (result i64)
    (local $i i32) (local $total i64)
    (loop $next
      (local.set $total (i64.add (local.get $total)
        (i64.add
          (i64.add (i64.popcnt (i64.load offset=96 (local.get $i)))
            (i64.popcnt (i64.load offset=104 (local.get $i))))
          (i64.add (i64.popcnt (i64.load offset=112 (local.get $i)))
            (i64.popcnt (i64.load offset=120 (local.get $i)))))))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 32)))
          (i32.add (local.get $n) (i32.const 8)))))
    (local.get $total))
  (func (export "fill") (param $n i32) (result i64)
    (memory.fill (i32.const 100) (i32.const 0x15a) (local.get $n))
    (call $ones (local.get $n)))

  ;; Values of all types on the stack below, and a local that is live.
  (func (export "below") (param $n i32) (result i64)
    (local $seven f64) (local $sum i64)
    (local.set $seven (f64.const 7))
    (i64.const 1)
    (f32.const 2)
    (f64.const 4)
    (ref.func $one)
    (ref.null extern)
    (i32.const 36)
    (memory.fill (i32.const 100) (i32.const 1) (local.get $n))
    (i64.extend_i32_u)
    (local.set $sum)
    (drop (ref.is_null))
    (drop (ref.is_null))
    (i64.trunc_f64_u (f64.add (local.get $seven)))
    (local.set $sum (i64.add (local.get $sum)))
    (i64.trunc_f32_u)
    (i64.add (local.get $sum))
    (i64.add)
    (i64.add (call $ones (local.get $n))))

  (func (export "wide") (param $n i32) (result i64)
    (memory.fill $w (i64.const 0) (i32.const 7) (i64.extend_i32_u (local.get $n)))
    (memory.copy $w $w (i64.const 1000) (i64.const 0) (i64.extend_i32_u (local.get $n)))
    (memory.copy $m $w (i32.const 500000) (i64.const 1000) (local.get $n))
    (memory.copy $w $m (i64.const 2000) (i32.const 500000) (local.get $n))
    (memory.copy $m $w (i32.const 100) (i64.const 2000) (local.get $n))
    (call $ones (local.get $n)))

  ;; Nothing is written: the trap comes first.
  (func (export "copy_outside")
    (memory.copy (i32.const 0) (i32.const 16) (i32.shl (memory.size) (i32.const 16))))
  (func (export "fill_outside")
    (memory.fill (i32.const 1) (i32.const 1) (i32.shl (memory.size) (i32.const 16))))
  (func (export "wide_fill_that_wraps")
    (memory.fill $w (i64.const -500000) (i32.const 1) (i64.extend_i32_u (i32.const 1000000))))

  (func $count (param $i i32) (result i32)
    (local $n i32)
    (loop $next
      (local.set $n (i32.add (local.get $n)
        (i32.eqz (ref.is_null (table.get $u (local.get $i))))))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40000))))
    (local.get $n))
  (func (export "tables") (param $n i32) (result i32)
    (table.fill $t (i32.const 5) (ref.func $one) (local.get $n))
    (table.copy $u $t (i32.const 0) (i32.const 0) (local.get $n))
    (table.copy $u $u (i32.const 9) (i32.const 0) (local.get $n))
    (table.copy $u $u (i32.const 0) (i32.const 5) (local.get $n))
    (call $count (i32.const 0)))
  (func (export "table_outside")
    (table.copy $u $t (i32.const 1) (i32.const 0) (table.size $u))))
