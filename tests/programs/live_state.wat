;; What instances hold changes while loops run that can be suspended: globals, memories that grow, tables,
;; segments that are dropped.
;; run: --invoke globals 6
;; stdout: i32: 720
;; stdout: i64: -21
;; stdout: f32: 3
;; stdout: f64: 0.015625
;; run: --invoke global_references
;; stdout: i32: 5
;; run: --invoke grow 4
;; stdout: i32: 5
;; stdout: i32: 10
;; run: --invoke grow 20
;; stdout: i32: 8
;; stdout: i32: 28
;; run: --invoke two_memories 5
;; stdout: i32: 1125
;; run: --invoke bulk 7
;; stdout: i32: 1084
;; run: --invoke tables 3
;; stdout: i32: 122
;; run: --invoke grown_table 3
;; stdout: i32: 126
;; run: --invoke passive
;; stdout: i32: 1
;; stdout: i32: 25185
;; run: --invoke dropped_data
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke dropped_element
;; status: 134
;; stderr: wasm trap: out of bounds table access
;; run: --invoke active_was_dropped
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (type $get (func (result i32)))
  (memory $m 1 8)
  (memory $n 1)
  (table $t 4 20 funcref)
  (table $x 2 externref)
  (global $i (mut i32) (i32.const 1))
  (global $l (mut i64) (i64.const 0))
  (global $f (mut f32) (f32.const 0))
  (global $d (mut f64) (f64.const 1))
  (global $r (mut funcref) (ref.null func))
  (global $e (mut externref) (ref.null extern))
  (global $step i32 (i32.const 1))
  (data $active (i32.const 100) "active")
  (data $abc "abcdef")
  (elem $active_elem (table $t) (i32.const 0) func $five)
  (elem $functions func $five $seven $spin_nine)
  (elem declare func $five $seven)
  (func $five (result i32) (i32.const 5))
  (func $seven (result i32) (i32.const 7))
  (func $spin_nine (result i32) (call $spin (i32.const 9)))
  (func $spin (param $n i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n))))
    (local.get $i))
  (func (export "globals") (param $n i32) (result i32 i64 f32 f64)
    (loop $l
      (global.set $i (i32.mul (global.get $i) (local.get $n)))
      (global.set $l (i64.sub (global.get $l) (i64.extend_i32_u (local.get $n))))
      (global.set $f (f32.add (global.get $f) (f32.const 0.5)))
      (global.set $d (f64.mul (global.get $d) (f64.const 0.5)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (global.get $step)))))
    (global.get $i) (global.get $l) (global.get $f) (global.get $d))
  (func (export "global_references") (result i32)
    (global.set $r (ref.func $five))
    (drop (call $spin (i32.const 3)))
    (table.set $t (i32.const 1) (global.get $r))
    (drop (call $spin (i32.const 3)))
    (if (i32.eqz (ref.is_null (global.get $e))) (then unreachable))
    (call_indirect $t (type $get) (i32.const 1)))
  ;; A byte at the end of every page; no more than the module's limit.
  (func (export "grow") (param $n i32) (result i32 i32) (local $i i32) (local $sum i32)
    (block $full
      (loop $l
        (br_if $full (i32.eq (memory.grow $m (i32.const 1)) (i32.const -1)))
        (i32.store8 $m (i32.sub (i32.shl (memory.size $m) (i32.const 16)) (i32.const 1)) (memory.size $m))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.set $i (memory.size $m))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u $m
        (i32.sub (i32.shl (local.get $i) (i32.const 16)) (i32.const 1)))))
      (local.set $sum (i32.add (local.get $sum)
        (i32.sub (i32.const 0) (i32.eq (local.get $i) (i32.const 2)))))
      (local.set $sum (i32.sub (local.get $sum) (i32.const 1)))
      (br_if $add (i32.gt_u (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 1))))
    (i32.add (local.get $sum) (i32.const 1))
    (local.set $sum)
    (memory.size $m) (local.get $sum))
  (func (export "two_memories") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (i32.store $m (i32.const 65532) (i32.const 1000))
    (loop $l
      (i32.store $n (i32.shl (local.get $i) (i32.const 12)) (i32.mul (local.get $n) (local.get $n)))
      (drop (call $spin (local.get $i)))
      (local.set $sum (i32.add (local.get $sum) (i32.load $n (i32.shl (local.get $i) (i32.const 12)))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.add (local.get $sum) (i32.load $m (i32.const 65532))))
  (func (export "bulk") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (memory.fill $m (i32.shl (local.get $i) (i32.const 4)) (i32.add (local.get $i) (i32.const 1)) (i32.const 16))
      (memory.copy $m $m (i32.add (i32.const 1000) (i32.shl (local.get $i) (i32.const 5)))
        (i32.shl (local.get $i) (i32.const 4)) (i32.const 31))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u $m offset=1000 (local.get $i))))
      (br_if $add (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))
    (local.get $sum))
  ;; What is called depends on the round.
  (func (export "tables") (param $n i32) (result i32) (local $sum i32)
    (table.set $t (i32.const 2) (ref.func $seven))
    (table.set $x (i32.const 1) (ref.null extern))
    (loop $l
      (local.set $sum (i32.add (local.get $sum)
        (i32.mul (i32.const 2) (i32.add
          (call $spin (i32.const 10))
          (call_indirect $t (type $get) (i32.and (local.get $n) (i32.const 2)))))))
      (if (i32.eq (local.get $n) (i32.const 2))
        (then (table.init $t $functions (i32.const 0) (i32.const 2) (i32.const 1))))
      (table.copy $t $t (i32.const 3) (i32.const 0) (i32.const 1))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.mul (local.get $sum) (i32.const 2))
    (i32.sub (i32.mul (i32.const 1) (i32.const 92)))
    (i32.add (call_indirect $t (type $get) (i32.const 3)))
    (i32.sub (i32.const 7)))
  (func (export "grown_table") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (drop (table.grow $t (ref.func $seven) (i32.const 2)))
      (local.set $sum (i32.add (local.get $sum)
        (i32.mul (call_indirect $t (type $get) (i32.sub (table.size $t) (i32.const 1)))
                 (i32.sub (table.size $t) (i32.const 2)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "passive") (result i32 i32)
    (memory.init $m $abc (i32.const 8) (i32.const 0) (i32.const 2))
    (data.drop $abc)
    (elem.drop $functions)
    (drop (call $spin (i32.const 4)))
    (memory.init $m $abc (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.eqz (i32.load $m (i32.const 0)))
    (i32.load16_u $m (i32.const 8)))
  (func (export "dropped_data")
    (data.drop $abc)
    (drop (call $spin (i32.const 4)))
    (memory.init $m $abc (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "dropped_element")
    (elem.drop $functions)
    (drop (call $spin (i32.const 4)))
    (table.init $t $functions (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "active_was_dropped")
    (drop (call $spin (i32.const 4)))
    (table.init $t $active_elem (i32.const 0) (i32.const 0) (i32.const 0))
    (memory.init $m $active (i32.const 0) (i32.const 0) (i32.const 1))))
