;; Tail calls between instances, in both directions, take no stack; each function reads its own instance's
;; globals.

(module $A
  (table (export "table") 4 funcref)
  (global $base (mut i32) (i32.const 100))
  (type $step (func (param i32) (result i32)))
  (func $down (export "down") (type $step)
    (if (i32.eqz (local.get 0)) (then (return (global.get $base))))
    (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
  (elem (i32.const 0) $down)
  (func (export "start") (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (local.get 0)))))
(register "A" $A)

(module $B
  (type $step (func (param i32) (result i32)))
  (import "A" "table" (table 4 funcref))
  (import "A" "down" (func $down (type $step)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (global $base (mut i32) (i32.const 200))
  (func $back (type $step)
    (if (i32.eqz (local.get 0)) (then (return (global.get $base))))
    (return_call $down (i32.sub (local.get 0) (i32.const 1))))
  (elem (i32.const 1) $back)
  (func (export "back") (type $step) (return_call_indirect (type $step) (local.get 0) (i32.const 1)))
  ;; A function of the host, which makes no tail calls.
  (func (export "print") (param i32) (return_call $print (local.get 0))))

(assert_return (invoke $A "start" (i32.const 0)) (i32.const 101))
(assert_return (invoke $A "start" (i32.const 1)) (i32.const 201))
(assert_return (invoke $A "start" (i32.const 1000000)) (i32.const 101))
(assert_return (invoke $B "back" (i32.const 1000000)) (i32.const 200))
(assert_return (invoke $B "back" (i32.const 1000001)) (i32.const 100))
(assert_return (invoke $B "print" (i32.const 7)))
