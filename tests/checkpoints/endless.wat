;; Loops that move a local towards a limit, pass it where the type's range ends, and so
;; never end.
(module
  (func (export "unsigned") (local $v i32) (local $seed i32)
    (local.set $v (i32.const -9))
    (loop $l
      (local.set $seed (i32.add (i32.rotl (local.get $seed) (i32.const 5)) (local.get $v)))
      (if (i32.and (local.get $seed) (i32.const 64))
        (then (local.set $v (i32.add (local.get $v) (i32.const 2))))
        (else (local.set $v (i32.add (local.get $v) (i32.const 3)))))
      (br_if $l (i32.le_u (local.get $v) (i32.const -1)))))
  (func (export "signed") (local $v i64) (local $seed i64)
    (local.set $v (i64.const -9223372036854775800))
    (loop $l
      (local.set $seed (i64.add (i64.rotl (local.get $seed) (i64.const 5)) (local.get $v)))
      (if (i64.eqz (i64.and (local.get $seed) (i64.const 64)))
        (then (local.set $v (i64.sub (local.get $v) (i64.const 2))))
        (else (local.set $v (i64.sub (local.get $v) (i64.const 3)))))
      (br_if $l (i64.ge_s (local.get $v) (i64.const -9223372036854775808))))))
