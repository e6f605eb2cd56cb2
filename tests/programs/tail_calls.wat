;; Tail calls of every kind take no stack, whatever is passed and returned, and tail calls of functions
;; that make none themselves return what those return.
;; run: --invoke count 10000000
;; stdout: i64: 0
;; run: --invoke even 10000000
;; stdout: i32: 1
;; run: --invoke even 9999999
;; stdout: i32: 0
;; run: --invoke by_table 10000000
;; stdout: i32: 10000000
;; run: --invoke wide 100000
;; stdout: i64: 100000
;; stdout: f64: 2.5
;; stdout: f32: 1.5
;; run: --invoke narrow_to_wide 100000
;; stdout: f64: 650036.5
;; run: --invoke leave 5
;; stdout: i32: 26
;; run: --invoke through_call 1000
;; stdout: i32: 2001
;; run: --invoke nothing 1000000
;; run: --invoke trap 3
;; status: 134
;; stderr: wasm trap: unreachable
;; run: --invoke wrong_type
;; status: 134
;; stderr: wasm trap: indirect call type mismatch
;; run: --invoke grows 1000000000
;; status: 134
;; stderr: wasm trap: call stack exhausted
;; run: --invoke behind_a_dead_one 3
;; status: 134
;; stderr: wasm trap: unreachable
;; stderr: traps_later
;; stderr: behind_a_dead_one
(module
  (type $step (func (param i32 i32) (result i32)))
  (table 8 funcref)
  (elem (i32.const 0) $add_one $add_two $plain $count)
  ;; Itself.
  (func $count (export "count") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (local.get 0))
      (else (return_call $count (i64.sub (local.get 0) (i64.const 1))))))
  ;; One another.
  (func $even (export "even") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (return_call $even (i32.sub (local.get 0) (i32.const 1))))
  ;; Through a table: by steps of one, two, two …, with the rest in a function that makes no tail call.
  (func (export "by_table") (param i32) (result i32)
    (call $add_one (local.get 0) (i32.const 0)))
  (func $add_one (type $step)
    (if (i32.le_u (local.get 0) (i32.const 8)) (then (return_call $plain (local.get 0) (local.get 1))))
    (return_call_indirect (type $step)
      (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1)) (i32.const 1)))
  (func $add_two (type $step)
    (return_call_indirect (type $step)
      (i32.sub (local.get 0) (i32.const 2)) (i32.add (local.get 1) (i32.const 2))
      (i32.gt_u (i32.const 8) (local.get 0))))
  (func $plain (type $step) (i32.add (local.get 0) (local.get 1)))
  ;; More of everything than there are registers, and several results.
  (func $wide (export "wide") (param i32) (result i64 f64 f32)
    (return_call $wider (local.get 0) (i64.const 0) (f64.const 2.5) (f32.const 1.5)
      (i32.const 1) (i32.const 2) (i64.const 3) (i32.const 4) (i64.const 5) (i32.const 6)
      (f32.const 7) (f64.const 8) (f32.const 9) (f64.const 10) (f32.const 11) (f64.const 12) (f32.const 13)))
  (func $wider (param i32 i64 f64 f32 i32 i32 i64 i32 i64 i32 f32 f64 f32 f64 f32 f64 f32) (result i64 f64 f32)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1) (local.get 2) (local.get 3))))
    (if (i32.or (i32.ne (local.get 9) (i32.const 6)) (f32.ne (local.get 16) (f32.const 13))) (then (unreachable)))
    (if (f64.ne (local.get 15) (f64.const 12)) (then (unreachable)))
    (return_call $wider (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))
      (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8)
      (local.get 9) (local.get 10) (local.get 11) (local.get 12) (local.get 13) (local.get 14) (local.get 15)
      (local.get 16)))
  (func $narrow (export "narrow_to_wide") (param f64) (result f64)
    (return_call $broad (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (i32.const 6) (i32.const 7) (i32.const 8) (f64.const 0.5)))
  (func $broad (param f64 i32 i32 i32 i32 i32 i32 i32 i32 f64) (result f64)
    (if (f64.lt (local.get 0) (f64.const 1))
      (then (return (f64.add (local.get 9) (f64.convert_i32_u
        (i32.add (i32.add (i32.add (local.get 1) (local.get 2)) (i32.add (local.get 3) (local.get 4)))
                 (i32.add (i32.add (local.get 5) (local.get 6)) (i32.add (local.get 7) (local.get 8)))))))))
    (return_call $broad (f64.sub (local.get 0) (f64.const 1)) (local.get 8) (local.get 1) (local.get 2)
      (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (f64.add (local.get 9) (f64.const 6.5))))
  ;; Out of a loop, with values below on the stack.
  (func $leave (export "leave") (param i32) (result i32)
    (local $n i32)
    (i32.const 7)
    (loop $again (param i32) (result i32)
      (local.set $n (i32.add (local.get $n) (local.get 0)))
      (if (i32.gt_u (local.get $n) (i32.const 20)) (then (return_call $increment (local.get $n))))
      (br $again)))
  (func $increment (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  ;; Calls that are none, of functions that end in tail calls.
  (func $through_call (export "through_call") (param i32) (result i32)
    (i32.add (call $even (local.get 0))
             (i32.add (call $add_one (local.get 0) (i32.const 0))
                      (call_indirect (type $step) (local.get 0) (i32.const 0) (i32.const 0)))))
  (func $nothing (export "nothing") (param i32)
    (if (local.get 0) (then (return_call $nothing (i32.sub (local.get 0) (i32.const 1))))))
  ;; A trap in a function that took the place of another.
  (func $one (export "trap") (param i32) (return_call $two (i32.sub (local.get 0) (i32.const 1))))
  (func $two (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))) (return_call $one (local.get 0)))
  (func (export "wrong_type") (result i32)
    (return_call_indirect (type $step) (i32.const 0) (i32.const 0) (i32.const 3)))
  ;; Recursion that is none of tail calls still ends.
  (func $grows (export "grows") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return_call $increment (local.get 0))))
    (i32.add (i32.const 1) (call $grows (i32.sub (local.get 0) (i32.const 1)))))
  ;; What follows a tail call that is never reached still has its frame.
  (func $traps_later (param i32) (result i32)
    (if (i32.const 0) (then (return_call $traps_later (local.get 0))))
    (if (result i32) (i32.eqz (local.get 0))
      (then unreachable)
      (else (i32.add (call $traps_later (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))
  (func (export "behind_a_dead_one") (param i32) (result i32)
    (i32.add (call $traps_later (local.get 0)) (i32.const 1))))
