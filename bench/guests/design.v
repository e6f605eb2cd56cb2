// What yosys synthesises in the benchmark: a file of registers, a multiplier, shifters and a divider.
module design #(parameter WIDTH = 32, parameter REGISTERS = 32)
    (input clk, input write, input [4:0] to, from, input [WIDTH-1:0] value, output reg [WIDTH-1:0] result);

    reg [WIDTH-1:0] registers [0:REGISTERS-1];
    reg [WIDTH-1:0] left, right, sum;
    wire [WIDTH-1:0] quotient = left / (right | 1);

    always @(posedge clk) begin
        if (write)
            registers[to] <= value;
        left <= registers[from];
        right <= registers[from ^ 5'd1] + value;
        sum <= left * right + (left >> right[4:0]);
        result <= sum ^ quotient;
    end
endmodule
