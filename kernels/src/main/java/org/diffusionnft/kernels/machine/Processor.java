package org.diffusionnft.kernels.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The features of this processor, from the CPUID instruction (Intel 64 and IA-32 Architectures
 * Software Developer's Manual, volume 2, CPUID; volume 1, section 15.2 for what the system must
 * save).
 *
 * @param avx512 AVX-512 F, BW, DQ and VL, with the system saving their registers
 * @param bf16 AVX-512 BF16
 */
public record Processor(boolean avx512, boolean bf16) {
  private static final int OSXSAVE = 1 << 27;
  private static final int AVX512F = 1 << 16;
  private static final int AVX512DQ = 1 << 17;
  private static final int AVX512BW = 1 << 30;
  private static final int AVX512VL = 1 << 31;
  private static final int AVX512_BF16 = 1 << 5;

  /** State bits of the vector registers, their upper halves, the masks, and registers 16 to 31. */
  private static final int SAVED = 0b1110_0110;

  /**
   * Queries the processor.
   *
   * @throws ExecutableMemory.RefusedException if code cannot be run here
   */
  static Processor ask() throws ExecutableMemory.RefusedException {
    Assembler cpuid = new Assembler();
    cpuid.push(Gp.RBX); // the caller's
    cpuid.move(Gp.R8, Gp.RDX);
    cpuid.moveInt(Gp.RAX, Gp.RDI);
    cpuid.moveInt(Gp.RCX, Gp.RSI);
    cpuid.cpuid();
    cpuid.storeInt(new At(Gp.R8, 0), Gp.RAX);
    cpuid.storeInt(new At(Gp.R8, 4), Gp.RBX);
    cpuid.storeInt(new At(Gp.R8, 8), Gp.RCX);
    cpuid.storeInt(new At(Gp.R8, 12), Gp.RDX);
    cpuid.pop(Gp.RBX);
    cpuid.ret();
    Assembler xgetbv = new Assembler();
    xgetbv.zero(Gp.RCX);
    xgetbv.xgetbv();
    xgetbv.ret();
    Answers answers = Answers.by(ExecutableMemory.of(cpuid.code()));
    if (answers.of(0, 0)[0] < 7 || (answers.of(1, 0)[2] & OSXSAVE) == 0) {
      return new Processor(false, false);
    }
    int saved = savedState(ExecutableMemory.of(xgetbv.code()));
    int[] seven = answers.of(7, 0);
    int all = AVX512F | AVX512DQ | AVX512BW | AVX512VL;
    boolean avx512 = (saved & SAVED) == SAVED && (seven[1] & all) == all;
    boolean bf16 = avx512 && seven[0] >= 1 && (answers.of(7, 1)[0] & AVX512_BF16) != 0;
    return new Processor(avx512, bf16);
  }

  private record Answers(MethodHandle call) {
    static Answers by(MemorySegment code) {
      FunctionDescriptor signature =
          FunctionDescriptor.ofVoid(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
      return new Answers(Linker.nativeLinker().downcallHandle(code, signature));
    }

    /** EAX, EBX, ECX, EDX. */
    int[] of(int leaf, int subLeaf) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment answer = arena.allocate(ValueLayout.JAVA_INT, 4);
        call.invokeExact(leaf, subLeaf, answer);
        return answer.toArray(ValueLayout.JAVA_INT);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static int savedState(MemorySegment code) {
    MethodHandle call =
        Linker.nativeLinker().downcallHandle(code, FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return (int) call.invokeExact();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
