;; Calls itself 100,000 times, and stays there. What is done after each call keeps it from becoming a loop.
(module
  (func $down (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (loop $for_ever (br $for_ever))))
    (i32.xor (local.get $n)
      (i32.rotl (call $down (i32.sub (local.get $n) (i32.const 1))) (i32.const 1))))
  (func (export "_start") (drop (call $down (i32.const 99998)))))
