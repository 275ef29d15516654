package org.diffusionnft.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** Nothing that is printed makes a terminal do something. */
class PrintableTest {
  @Test
  void controlCharactersAreShown() {
    assertEquals("a\\u001b]0;pwned\\u0007b", Printable.escaped("a\u001b]0;pwned\u0007b"));
    for (char c = 0; c < 0xa0; c++) {
      boolean control = c < ' ' && c != '\n' && c != '\t' || c >= 0x7f;
      String shown = control ? "\\u%04x".formatted((int) c) : String.valueOf(c);
      assertEquals(shown, Printable.escaped(String.valueOf(c)));
    }
  }

  @Test
  void whatTurnsOrBreaksLinesIsShown() {
    assertEquals("a\\u202egpj.exe", Printable.escaped("a\u202egpj.exe"));
    assertEquals("\\u2066\\u2069\\u200f", Printable.escaped("\u2066\u2069\u200f"));
    assertEquals("a\\u2028b\\u2029c\\u0085d", Printable.escaped("a\u2028b\u2029c\u0085d"));
  }

  @Test
  void textStaysAsItIs() {
    String text = "Grüße, 猫 \ud83d\ude00 ‰ …\n\t– done";
    assertEquals(text, Printable.escaped(text));
  }

  /** Where such a text comes from, and which command shows it, makes no difference. */
  @Test
  void allThatDnftPrintsIsEscaped() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    for (String[] args :
        new String[][] {
          {"train", "--config", "no\u001b[31mfile.yaml"},
          {"inspect", "no\u009bfile"},
          {"report", "no\u0007run"},
          {"--\u001bbad"},
          {"sample", "--prompt", "a\u001b[2J", "--out", "x.png"}
        }) {
      assertEquals(2, Dnft.run(new PrintWriter(out), new PrintWriter(err), args));
    }
    String shown = out.toString() + err;
    assertTrue(shown.chars().allMatch(c -> c == '\n' || c >= ' ' && c < 0x7f), shown);
    assertTrue(shown.contains("no\\u001b[31mfile.yaml"), shown);
    assertTrue(shown.contains("no\\u009bfile"), shown);
  }
}
