package org.diffusionnft.kernels.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MachineKernelsTest {
  private static final Path CPU = Path.of("/proc/cpuinfo");

  @Test
  void theProcessorIsWhatTheSystemSays() throws Exception {
    String flags = flags();
    Processor processor = Processor.ask();
    assertEquals(flags.contains(" avx512f ") && flags.contains(" avx512vl "), processor.avx512());
    assertEquals(flags.contains(" avx512_bf16 "), processor.bf16());
  }

  @Test
  void allKernelsPassTheirTrialWhereTheProcessorHasTheInstructions() throws IOException {
    String flags = flags();
    MachineKernels kernels = MachineKernels.make(1088);
    assertEquals(flags.contains(" avx512f "), kernels.floats().isPresent(), kernels.missing());
    assertEquals(flags.contains(" avx512_bf16 "), kernels.pairs().isPresent(), kernels.missing());
    assertEquals(flags.contains(" avx512_bf16 "), kernels.missing().isEmpty());
  }

  private static String flags() throws IOException {
    assumeTrue(Files.exists(CPU) && System.getProperty("os.arch").equals("amd64"));
    String flags =
        Files.readAllLines(CPU).stream().filter(l -> l.startsWith("flags")).findFirst().orElse("");
    assertTrue(flags.contains(" fpu "), flags);
    return flags + " ";
  }
}
