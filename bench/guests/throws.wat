;; Exceptions that go up `frames` frames and are caught, and calls as deep that return; `n` of them.
(module
  (memory (export "memory") 1)
  (tag $number (param i32))
  ;; The innermost frame throws, or returns.
  (func $deep (param $frames i32) (param $throws i32) (result i32)
    (if (i32.eqz (local.get $frames))
      (then
        (if (local.get $throws) (then (throw $number (i32.const 1))))
        (return (i32.const 1))))
    (i32.add (call $deep (i32.sub (local.get $frames) (i32.const 1)) (local.get $throws)) (i32.const 1)))
  (func (export "run") (param $n i32) (param $frames i32) (param $throws i32) (result i32) (local $sum i32)
    (loop $next
      (try (result i32)
        (do (call $deep (i32.sub (local.get $frames) (i32.const 1)) (local.get $throws)))
        (catch $number))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
