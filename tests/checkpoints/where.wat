;; Asks for n checkpoints; where a function, and what calls it, are before and after them.
(module
  (import "host" "interrupt" (func $interrupt))
  (import "host" "where" (func $where (param i32) (result i64)))
  (table 1 9 funcref)
  (elem (i32.const 0) func $step)
  (func $step (param $frame i32) (result i64) (local $at i64)
    (local.set $at (call $where (local.get $frame)))
    (loop $again (br_if $again (i32.lt_u (local.tee $frame (i32.add (local.get $frame) (i32.const 1))) (i32.const 99))))
    (local.get $at))
  (func (export "run") (param $frame i32) (param $n i32) (result i64 i64) (local $before i64)
    (local.set $before (call_indirect (param i32) (result i64) (local.get $frame) (i32.const 0)))
    (loop $again
      (call $interrupt)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $before)
    (call_indirect (param i32) (result i64) (local.get $frame) (i32.const 0))))
