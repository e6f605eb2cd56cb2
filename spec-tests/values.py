"""Values as the suite's JSON writes them, as words of the driver, and their comparison."""

INTEGER_BITS = {"i32": 32, "i64": 64, "f32": 32, "f64": 64}
LANE_BITS = {"i8": 8, "i16": 16, **INTEGER_BITS}

# The quiet bit and exponent of a NaN (core 4.3.3): canonical means these bits alone.
QUIET_NAN = {"f32": 0x7FC00000, "f64": 0x7FF8000000000000}

NULL_TYPES = ("refnull", "nullref", "nullfuncref", "nullexternref", "nullexnref")


def bits(value):
    return int(value["value"]) % (1 << LANE_BITS[value["type"]])


def lanes(value):
    """The lanes of a v128, lane 0 first, each as a value of its own."""
    return [{"type": value["lane_type"], "value": lane} for lane in value["value"]]


def v128_word(value):
    digits = "".join(f"{bits(lane):0{LANE_BITS[lane['type']] // 4}x}" for lane in reversed(lanes(value)))
    assert len(digits) == 32
    return digits


def to_word(value):
    """An argument, for the driver."""
    if value["type"] == "v128":
        return v128_word(value)
    if value["type"] in INTEGER_BITS:
        return f"{bits(value):x}"
    return "null" if value["value"] == "null" else f"{int(value['value']):x}"


def to_text(value):
    """An expected value, for people, in the form of the driver's answers."""
    if value["type"] == "either":
        return "(" + " or ".join(to_text(v) for v in value["values"]) + ")"
    if value["type"] == "v128":
        return "v128:" + value["lane_type"] + ":" + ",".join(value["value"])
    if value["type"] in INTEGER_BITS and "nan" not in value["value"]:
        return f"{value['type']}:{bits(value):x}"
    return f"{value['type']}:{value.get('value', '*')}"


def match(expected, results):
    return len(expected) == len(results) and all(map(match_one, expected, results))


def match_one(expected, result):
    if expected["type"] == "either":
        return any(match_one(value, result) for value in expected["values"])
    result_type, _, word = result.partition(":")
    if expected["type"] in NULL_TYPES:
        return word == "null"
    if expected["type"] != result_type:
        return False
    if "value" not in expected:
        return word != "null"
    if result_type == "v128":
        return match_lanes(lanes(expected), int(word, 16))
    if result_type in INTEGER_BITS:
        return match_number(expected, int(word, 16))
    return word == to_word(expected)


def match_lanes(expected, got):
    for lane in expected:
        n_bits = LANE_BITS[lane["type"]]
        if not match_number(lane, got % (1 << n_bits)):
            return False
        got >>= n_bits
    return True


def match_number(expected, got):
    if expected["value"] == "nan:canonical":
        sign = 1 << (INTEGER_BITS[expected["type"]] - 1)
        return got & ~sign == QUIET_NAN[expected["type"]]
    if expected["value"] == "nan:arithmetic":
        return got & QUIET_NAN[expected["type"]] == QUIET_NAN[expected["type"]]
    return got == bits(expected)
