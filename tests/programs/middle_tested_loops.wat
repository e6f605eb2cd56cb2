;; Counted loops that are tested in the middle, and locals that follow another one.
;; run: --invoke two_stores 0 100
;; stdout: i32: 1676237649
;; run: --invoke two_stores 0 0
;; stdout: i32: -295275615
;; run: --invoke two_stores 65532 65536
;; stdout: i32: 65539
;; run: --invoke two_stores 60000 63536
;; stdout: i32: 849924568
;; run: --invoke two_stores 60000 63540
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke test_first 5 5
;; stdout: i32: 5
;; run: --invoke test_first 0 65536
;; stdout: i32: -1249050624
;; run: --invoke test_first 0 65537
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke test_first -5 20
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke with_result 400
;; stdout: i32: -995747528
;; run: --invoke with_result 0
;; stdout: i32: 0
;; run: --invoke with_result 65532
;; stdout: i32: 2130739200
;; run: --invoke with_result 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke with_result 402
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke lagging 4 0
;; stdout: i32: -1331312841
;; run: --invoke lagging 4 4
;; stdout: i32: -1331312841
;; run: --invoke lagging 4 300
;; stdout: i32: -1331312841
;; run: --invoke lagging 4 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke lagging 65336 0
;; stdout: i32: 2039769389
;; run: --invoke lagging 65340 65336
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke lagging 0 -4
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke tested_behind 5 100
;; stdout: i32: 199902
;; run: --invoke tested_behind 99 100
;; stdout: i32: 199902
;; run: --invoke tested_behind 200000 100
;; stdout: i32: 1
(module
  (memory 1)
  (func $sum (result i32) (local $p i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31))
                             (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 65536))))
    (local.get $s))
  ;; One store before the test, one behind it: the first runs once more.
  (func (export "two_stores") (param $i i32) (param $end i32) (result i32)
    (block $out
      (loop $l
        (i32.store (local.get $i) (i32.const 3))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $out (i32.ge_u (local.get $i) (local.get $end)))
        (i32.store offset=2000 (local.get $i) (local.get $i))
        (br $l)))
    (i32.add (call $sum) (local.get $i)))
  (func (export "test_first") (param $i i32) (param $end i32) (result i32)
    (block $out
      (loop $l
        (br_if $out (i32.eq (local.get $i) (local.get $end)))
        (i32.store8 (local.get $i) (i32.const 3))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $l)))
    (i32.add (call $sum) (local.get $i)))
  (func (export "with_result") (param $i i32) (result i32)
    (i32.add
      (block $out (result i32)
        (loop $l
          (br_if $out (i32.mul (local.get $i) (i32.const 3)) (i32.eqz (local.get $i)))
          (drop)
          (i32.store (local.get $i) (local.get $i))
          (local.set $i (i32.sub (local.get $i) (i32.const 4)))
          (br $l))
        (unreachable))
      (call $sum)))
  ;; $behind is where $i was an iteration ago: one step behind it, or anywhere at first.
  (func (export "lagging") (param $i i32) (param $behind i32) (result i32) (local $n i32)
    (local.set $n (i32.const 50))
    (loop $l
      (i32.store (local.get $i) (i32.add (i32.load (local.get $behind)) (local.get $n)))
      (local.set $behind (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (call $sum) (local.get $behind)))
  ;; No memory, but polls: it must be known how often it runs.
  (func (export "tested_behind") (param $behind i32) (param $i i32) (result i32)
    (local $test i32) (local $n i32)
    (loop $l
      (local.set $test (local.get $behind))
      (local.set $behind (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $test) (i32.const 200000))))
    (local.get $n)))
