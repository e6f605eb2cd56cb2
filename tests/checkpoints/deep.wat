;; Thousands of frames, n times.
(module
  (func $deep (param $depth i32) (param $x i64) (result i64)
    (if (i32.eqz (local.get $depth)) (then (return (local.get $x))))
    (i64.sub
      (i64.rotl (call $deep (i32.sub (local.get $depth) (i32.const 1)) (i64.mul (local.get $x) (i64.const 77773)))
                (i64.const 3))
      (local.get $x)))
  (func (export "run") (param $n i32) (result i64) (local $x i64)
    (local.set $x (i64.const 1))
    (loop $again
      (local.set $x (call $deep (i32.const 3000) (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
