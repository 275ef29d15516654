package org.diffusionnft.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.diffusionnft.cli.Dnft;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code dnft verify --precision}: half precision computes with it, and where it is expected. */
@Tag("slow")
class VerifyPrecisionTest {
  private final StringWriter out = new StringWriter();

  @Test
  void halfPrecisionMissesTolerancesOfF32() {
    assertEquals(1, verify("mmdit_sd3_noqk", "--precision", "bf16"), out.toString());
    assertTrue(out.toString().contains("not as expected"), out.toString());
    assertEquals(0, verify("mmdit_sd3_noqk", "--precision", "f32"), out.toString());
  }

  @Test
  void casesOfBothPrecisionsStayAsTheyAre() {
    assertEquals(0, verify("mmdit_autocast_bf16"), out.toString());
    String plain = out.toString();
    out.getBuffer().setLength(0);
    assertEquals(0, verify("mmdit_autocast_bf16", "--precision", "bf16"), out.toString());
    assertEquals(plain, out.toString());
  }

  private int verify(String golden, String... more) {
    String[] words = new String[2 + more.length];
    words[0] = "verify";
    words[1] = GoldenCasesTest.golden().resolve(golden).toString();
    System.arraycopy(more, 0, words, 2, more.length);
    return Dnft.run(new PrintWriter(out, true), new PrintWriter(new StringWriter()), words);
  }
}
