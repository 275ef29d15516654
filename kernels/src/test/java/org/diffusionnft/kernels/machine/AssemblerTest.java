package org.diffusionnft.kernels.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every instruction has the bytes that the GNU assembler gives it. */
class AssemblerTest {
  /**
   * Recorded from GNU as 2.40, by {@link #recordedBytesAreThoseOfTheGnuAssembler} where it is
   * installed.
   */
  private static final Path RECORDED =
      Path.of("src/test/resources/org/diffusionnft/kernels/machine/instructions.txt");

  @TempDir private Path folder;

  /** Our calls by what the GNU assembler calls them, in Intel's syntax. */
  private static Map<String, Consumer<Assembler>> instructions() {
    Map<String, Consumer<Assembler>> all = new LinkedHashMap<>();
    for (Gp r : List.of(Gp.RBX, Gp.RDX, Gp.RDI, Gp.R8, Gp.R9, Gp.R13, Gp.R15)) {
      all.put("push " + name(r), a -> a.push(r));
      all.put("pop " + name(r), a -> a.pop(r));
      all.put("dec " + name(r), a -> a.decrement(r));
      all.put("add " + name(r) + ", 123456", a -> a.add(r, 123456));
      all.put("add " + name(r) + ", -1000", a -> a.add(r, -1000));
      all.put("shr " + word(r) + ", 16", a -> a.shiftRightInt(r, 16));
      all.put("xor " + word(r) + ", " + word(r), a -> a.zero(r));
      all.put("kmovw k1, " + word(r), a -> a.mask(1, r));
      all.put("kmovw k6, " + word(r), a -> a.mask(6, r));
      all.put("mov " + word(r) + ", 1056964608", a -> a.moveInt(r, 1056964608));
      all.put("mov " + name(r) + ", qword ptr [rsp + 8]", a -> a.stackArgument(r, 0));
      all.put("mov " + name(r) + ", qword ptr [rsp + 24]", a -> a.stackArgument(r, 2));
      for (Gp s : List.of(Gp.RCX, Gp.RSI, Gp.R8, Gp.R14)) {
        all.put("mov " + name(r) + ", " + name(s), a -> a.move(r, s));
        all.put("mov " + word(r) + ", " + word(s), a -> a.moveInt(r, s));
        all.put("add " + name(r) + ", " + name(s), a -> a.add(r, s));
        all.put(
            "mov dword ptr [" + name(r) + " + 1000], " + word(s),
            a -> a.storeInt(new At(r, 1000), s));
        all.put(
            "mov " + name(s) + ", qword ptr [" + name(r) + " + 1000]",
            a -> a.load(s, new At(r, 1000)));
        all.put("prefetcht1 [" + name(r) + " + 4*" + name(s) + "]", a -> a.fetch(r, s));
      }
      all.put("prefetchw [" + name(r) + " + 1000]", a -> a.fetchToWrite(new At(r, 1000)));
    }
    all.put("cpuid", Assembler::cpuid);
    all.put("xgetbv", Assembler::xgetbv);
    all.put("vzeroupper", Assembler::zeroUpper);
    all.put("ret", Assembler::ret);
    int[] vectors = {0, 5, 9, 17, 30};
    for (int x : vectors) {
      all.put(
          "vbroadcastss zmm" + x + ", xmm" + (30 - x),
          a -> a.vector(Vector.VBROADCASTSS, x, 30 - x));
      for (Gp r : List.of(Gp.RAX, Gp.RDI, Gp.R9, Gp.R14)) {
        all.put("vpbroadcastd zmm%d, %s".formatted(x, word(r)), a -> a.broadcast(x, r));
      }
      for (int y : vectors) {
        int z = 31 - y;
        for (Vector op :
            List.of(
                Vector.VFMADD231PS,
                Vector.VFMADD213PS,
                Vector.VDPBF16PS,
                Vector.VMULPS,
                Vector.VADDPS,
                Vector.VSUBPS,
                Vector.VMAXPS,
                Vector.VPADDD,
                Vector.VUNPCKLPS,
                Vector.VUNPCKHPS,
                Vector.VPXORD)) {
          String text =
              "%s zmm%d, zmm%d, zmm%d".formatted(op.name().toLowerCase(Locale.ROOT), x, y, z);
          all.put(text, a -> a.vector(op, x, y, z));
        }
        all.put(
            "vpaddd zmm%d{k3}{z}, zmm%d, zmm%d".formatted(x, y, z),
            a -> a.masked(Vector.VPADDD, x, y, z, 3));
        all.put("vmovaps zmm%d, zmm%d".formatted(x, z), a -> a.vector(Vector.VMOVAPS, x, z));
        all.put(
            "vcvtneps2bf16 ymm%d, zmm%d".formatted(x, z),
            a -> a.vector(Vector.VCVTNEPS2BF16, x, z));
        all.put(
            "vcmpps k%d, zmm%d, zmm%d, 5".formatted(x % 7, y, z),
            a -> a.vector(Vector.VCMPPS, x % 7, y, z, 5));
        all.put(
            "vshuff32x4 zmm%d, zmm%d, zmm%d, 78".formatted(x, y, z),
            a -> a.vector(Vector.VSHUFF32X4, x, y, z, 78));
        all.put(
            "vshufps zmm%d, zmm%d, zmm%d, 238".formatted(x, y, z),
            a -> a.vector(Vector.VSHUFPS, x, y, z, 238));
        all.put(
            "vpermilps zmm%d, zmm%d, 177".formatted(x, z),
            a -> a.vector(Vector.VPERMILPS, x, 0, z, 177));
        all.put("vpslld zmm%d, zmm%d, 23".formatted(x, z), a -> a.shiftLeft(x, z, 23));
      }
      for (Gp base : List.of(Gp.RSI, Gp.RBP, Gp.R9, Gp.R13)) {
        for (int at : new int[] {0, 64, 4, -128, 8128, 8192, 1088, 100}) {
          String memory = "[%s %s %d]".formatted(name(base), at < 0 ? "-" : "+", Math.abs(at));
          At place = new At(base, at);
          all.put(
              "vmovups zmm%d, zmmword ptr %s".formatted(x, memory),
              a -> a.vector(Vector.VMOVUPS_LOAD, x, place));
          all.put(
              "vmovups zmm%d{k2}{z}, zmmword ptr %s".formatted(x, memory),
              a -> a.vector(Vector.VMOVUPS_LOAD, x, place, 2));
          all.put(
              "vmovups zmmword ptr %s, zmm%d".formatted(memory, x),
              a -> a.vector(Vector.VMOVUPS_STORE, x, place));
          all.put(
              "vmovups zmmword ptr %s{k1}, zmm%d".formatted(memory, x),
              a -> a.vector(Vector.VMOVUPS_STORE, x, place, 1));
          all.put(
              "vmovss dword ptr %s, xmm%d".formatted(memory, x % 16),
              a -> a.vector(Vector.VMOVSS_STORE, x % 16, place));
          all.put(
              "vmovups ymmword ptr %s, ymm%d".formatted(memory, x),
              a -> a.vector(Vector.VMOVUPS_STORE_HALF, x, place));
          all.put(
              "vbroadcastss zmm%d, dword ptr %s".formatted(x, memory),
              a -> a.vector(Vector.VBROADCASTSS, x, place));
          all.put(
              "vpbroadcastd zmm%d, dword ptr %s".formatted(x, memory),
              a -> a.vector(Vector.VPBROADCASTD, x, place));
        }
      }
    }
    return all;
  }

  private static String name(Gp register) {
    return register.name().toLowerCase(Locale.ROOT);
  }

  private static String word(Gp register) {
    String name = name(register);
    return Character.isDigit(name.charAt(1)) ? name + "d" : "e" + name.substring(1);
  }

  /** Instructions that have a shorter encoding too, which ours does not use. */
  private static boolean needsEvex(String text) {
    return text.startsWith("vmovss") || text.contains("ymmword");
  }

  private static String ours(Consumer<Assembler> instruction) {
    Assembler assembler = new Assembler();
    instruction.accept(assembler);
    return HexFormat.of().formatHex(assembler.code());
  }

  @Test
  void bytesAreThoseRecorded() throws IOException {
    Map<String, String> recorded = new LinkedHashMap<>();
    for (String line : Files.readAllLines(RECORDED)) {
      recorded.put(line.substring(line.indexOf(' ') + 1), line.substring(0, line.indexOf(' ')));
    }
    Map<String, String> written = new LinkedHashMap<>();
    instructions().forEach((text, instruction) -> written.put(text, ours(instruction)));
    assertEquals(recorded, written);
  }

  /** With the system property {@code dnft.record} the file is written again. */
  @Test
  void recordedBytesAreThoseOfTheGnuAssembler() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/as"))
            && Files.isExecutable(Path.of("/usr/bin/objcopy")));
    List<String> texts = new ArrayList<>(instructions().keySet());
    List<String> lines = new ArrayList<>();
    lines.add(".intel_syntax noprefix");
    for (String text : texts) {
      // The encodings that we chose where there are several: displacements of 32 bits, three bytes
      // of VEX.
      String choice =
          text.startsWith("kmov")
              ? "{vex3} "
              : needsEvex(text) ? "{evex} " : text.startsWith("mov dword") ? "{disp32} " : "";
      lines.add(".balign 32");
      lines.add(choice + text);
    }
    lines.add(".balign 32");
    Path source = Files.write(folder.resolve("all.s"), lines);
    Path object = folder.resolve("all.o");
    Path binary = folder.resolve("all.bin");
    run("/usr/bin/as", "" + source, "-o", "" + object);
    run("/usr/bin/objcopy", "-O", "binary", "-j", ".text", "" + object, "" + binary);
    byte[] all = Files.readAllBytes(binary);
    if (System.getProperty("dnft.record") != null) {
      Files.createDirectories(RECORDED.getParent());
      Files.write(
          RECORDED,
          instructions().entrySet().stream()
              .map(e -> ours(e.getValue()) + " " + e.getKey())
              .collect(Collectors.toList()));
    }
    int i = 0;
    for (Map.Entry<String, Consumer<Assembler>> each : instructions().entrySet()) {
      String expected = ours(each.getValue());
      String given = HexFormat.of().formatHex(all, 32 * i, 32 * i + expected.length() / 2);
      assertEquals(given, expected, each.getKey());
      i++;
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
