;; A function of a millisecond or two, called n times.
(module
  (memory (export "memory") 2)
  (global $steps (mut i32) (i32.const 0))
  (func $step (param i32) (result i32) (local i32)
    (loop $again
      (local.set 0 (i32.xor (local.get 0) (i32.shl (local.get 0) (i32.const 13))))
      (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 17))))
      (local.set 0 (i32.xor (local.get 0) (i32.shl (local.get 0) (i32.const 5))))
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 1) (i32.const 1000000))))
    (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
    (i32.store (i32.const 70000) (i32.add (i32.load (i32.const 70000)) (local.get 0)))
    (local.get 0))
  (func $run (export "run") (param $n i32) (result i32 i32 i32) (local $x i32)
    (local.set $x (i32.const 1))
    (loop $again
      (local.set $x (call $step (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x) (global.get $steps) (i32.load (i32.const 70000)))
  (func (export "trap") (param $n i32) (drop (drop (drop (call $run (local.get $n))))) (unreachable))
  (func (export "short")))
