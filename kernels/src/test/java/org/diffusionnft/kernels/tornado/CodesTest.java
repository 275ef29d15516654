package org.diffusionnft.kernels.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.ReduceOp;
import org.diffusionnft.tensor.UnaryOp;
import org.junit.jupiter.api.Test;

/**
 * Every code stands for one operation. New functions of one or two elements may have none yet;
 * reductions always have one, and readable types.
 */
class CodesTest {
  @Test
  void unaryOperationsHaveCodesOfTheirOwn() {
    assertDistinct(UnaryOp.values(), UnaryCode::of);
  }

  @Test
  void binaryOperationsHaveCodesOfTheirOwn() {
    assertDistinct(BinaryOp.values(), BinaryCode::of);
  }

  @Test
  void reductionsHaveCodesOfTheirOwn() {
    assertDistinct(ReduceOp.values(), ReduceCode::of);
  }

  @Test
  void readableTypesHaveCodesOfTheirOwn() {
    DType[] readable =
        Arrays.stream(DType.values()).filter(TypeCode::readable).toArray(DType[]::new);
    assertDistinct(readable, TypeCode::of);
  }

  /** Kernels tell kinds of operations apart by where their codes begin. */
  @Test
  void codesOfOneKindAreNeighbours() {
    assertEquals(
        EnumSet.range(UnaryOp.TANH, UnaryOp.QUICK_GELU),
        from(UnaryCode.FIRST_ACTIVATION, UnaryOp.values(), UnaryCode::of));
    assertEquals(
        EnumSet.of(
            BinaryOp.MAX, BinaryOp.MIN, BinaryOp.GREATER, BinaryOp.GREATER_EQUAL, BinaryOp.EQUAL),
        from(BinaryCode.FIRST_WITH_COMPARISON, BinaryOp.values(), BinaryCode::of));
    assertEquals(
        EnumSet.of(BinaryOp.GREATER, BinaryOp.GREATER_EQUAL, BinaryOp.EQUAL),
        from(BinaryCode.FIRST_PREDICATE, BinaryOp.values(), BinaryCode::of));
  }

  /** The codes are 0, 1, 2, ..., each of one operation. */
  private static <E> void assertDistinct(E[] constants, Function<E, Integer> code) {
    List<Integer> codes = Arrays.stream(constants).map(code).filter(c -> c >= 0).sorted().toList();
    assertEquals(IntStream.range(0, codes.size()).boxed().toList(), codes);
    assertEquals(0, code.apply(constants[0]));
  }

  private static <E> Set<E> from(int first, E[] constants, Function<E, Integer> code) {
    return Arrays.stream(constants).filter(c -> code.apply(c) >= first).collect(Collectors.toSet());
  }
}
