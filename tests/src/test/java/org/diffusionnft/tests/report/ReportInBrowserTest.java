package org.diffusionnft.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.reports.Dashboard;
import org.diffusionnft.reports.ReportPage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * Reports as a person sees them: in a real browser. Where there is none, these tests are skipped
 * and say so; with {@code CI=true} they fail.
 */
@Tag("slow")
class ReportInBrowserTest {
  private static Browser browser;
  @TempDir Path folder;

  @BeforeAll
  static void open() {
    String missing = Browser.missing();
    if ("true".equals(System.getenv("CI"))) {
      assertEquals("", missing, "CI=true needs a browser");
    }
    assumeTrue(missing.isEmpty(), missing);
    browser = Browser.open();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  /** A dashboard's page goes on asking for data, and complains when its server is gone. */
  @AfterEach
  void leave() {
    browser.driver().get("about:blank");
    browser.console();
    browser.requests();
  }

  @Test
  void aThousandEpochsLoadFastWithoutErrorsOrNetwork() throws IOException {
    Path run = SyntheticRun.write(folder.resolve("long-run"), 1000);
    Path page = folder.resolve("report.html");
    ReportPage.write(page, List.of(run));
    assertTrue(Files.size(page) < 10 << 20, "page of " + Files.size(page) + " bytes");

    browser.console();
    browser.requests();
    browser.driver().get(page.toUri().toString());
    waitFor("html[data-ready]");
    assertEquals(List.of(), browser.console());
    assertEquals(List.of(page.toUri().toString()), browser.requests());
    assertTrue(browser.loadMillis() < 2000, "loaded in " + browser.loadMillis() + " ms");

    assertEquals(10, count(".uplot canvas"));
    assertEquals(12, count(".sheets img"));
    assertEquals(24, count(".pairs section"));
    assertTrue(text("main").contains("best: reward"), text("main"));
    assertTrue(text("table").contains("long-run"), text("table"));
    assertTrue(
        (Boolean)
            browser
                .driver()
                .executeScript(
                    "return [...document.images].every(i => i.complete && i.naturalWidth > 0)"));
    assertTrue((Boolean) browser.driver().executeScript(DRAWN), "a chart is empty");
    // A prompt of this run is HTML: it must be shown, not obeyed.
    assertTrue(text("main").contains("</script><b>bold"), "the hostile prompt is not shown");
    assertEquals(0, count("main b"));
  }

  /** Whether every chart has pixels of a line's color. */
  private static final String DRAWN =
      """
      return [...document.querySelectorAll('.uplot canvas')].every(c => {
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let colored = 0;
        for (let i = 0; i < d.length; i += 4)
          if (d[i + 3] > 200 && Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 80) colored++;
        return colored > 50;
      });\
      """;

  @Test
  void severalRunsShareTheirCharts() throws IOException {
    Path first = SyntheticRun.write(folder.resolve("first"), 20);
    Path second = SyntheticRun.write(folder.resolve("second"), 35);
    Path page = folder.resolve("both.html");
    ReportPage.write(page, List.of(first, second));
    browser.driver().get(page.toUri().toString());
    waitFor("html[data-ready]");
    assertEquals(List.of(), browser.console());
    assertTrue(text(".u-legend").contains("first: reward"), text(".u-legend"));
    assertTrue(text(".u-legend").contains("second: reward"), text(".u-legend"));
  }

  /** Rewards that are not trained on beside those that are, the stages, and words for both. */
  @Test
  void rewardsThatPartAreShown() throws IOException {
    Path run = SyntheticRun.writeStaged(folder.resolve("staged"), 60);
    Path page = folder.resolve("staged.html");
    ReportPage.write(page, List.of(run));
    browser.driver().get(page.toUri().toString());
    waitFor("html[data-ready]");
    assertEquals(List.of(), browser.console());
    String words = text("main");
    assertTrue(words.contains("The rewards part: shapes_graded rose by"), words);
    assertTrue(words.contains("shapes_strict, not trained on, fell by"), words);
    assertTrue(words.contains("two 31 to 60 shapes_graded × 1"), words);
    assertEquals(11, count(".uplot canvas"));
    assertTrue((Boolean) browser.driver().executeScript(DRAWN), "a chart is empty");
  }

  /** Telephones and desks: nothing runs out of the page sideways, and every chart is drawn. */
  @ParameterizedTest
  @ValueSource(ints = {390, 1280})
  void thePageFitsItsScreen(int width) throws IOException {
    Path first = SyntheticRun.write(folder.resolve("a-run-with-quite-a-long-name-indeed"), 30);
    Path second = SyntheticRun.write(folder.resolve("second"), 12);
    Files.copy(first.resolve("samples/epoch-000010.png"), first.resolve("before-after.png"));
    Files.writeString(first.resolve("scores.txt"), "strict score, %" + " ".repeat(90) + "base\n");
    Path page = folder.resolve("page.html");
    ReportPage.write(page, List.of(first, second));
    Map<String, Object> screen =
        Map.of("width", width, "height", 800, "deviceScaleFactor", 1, "mobile", false);
    browser.driver().executeCdpCommand("Emulation.setDeviceMetricsOverride", screen);
    try {
      browser.driver().get(page.toUri().toString());
      waitFor("html[data-ready]");
      assertEquals(List.of(), browser.console());
      Object beyond =
          browser
              .driver()
              .executeScript(
                  "return document.documentElement.scrollWidth -"
                      + " document.documentElement.clientWidth");
      assertEquals(0, ((Number) beyond).intValue(), "the page runs out sideways");
      Object cut =
          browser
              .driver()
              .executeScript(
                  "return [...document.querySelectorAll('.card')].filter(c => c.scrollWidth >"
                      + " c.clientWidth + 1).map(c => c.textContent.slice(0, 40))");
      assertEquals(List.of(), cut, "cut cards");
      assertTrue((Boolean) browser.driver().executeScript(DRAWN), "a chart is empty");
      assertTrue(text("main").contains("two blue squares"), "sheets lack their prompts");
      assertTrue(text("main").contains("a picture in a green frame"), "frames are not explained");
    } finally {
      browser.driver().executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  /** Lines in one chart can be told apart, and a score that no run has makes no columns. */
  @Test
  void linesDifferAndOnlyWhatIsThereHasColumns() throws IOException {
    Path first = SyntheticRun.write(folder.resolve("first"), 3);
    Path second = SyntheticRun.write(folder.resolve("second"), 3);
    Path page = folder.resolve("page.html");
    ReportPage.write(page, List.of(first, second));
    browser.driver().get(page.toUri().toString());
    waitFor("html[data-ready]");
    Object markers =
        browser
            .driver()
            .executeScript(
                "return [...document.querySelectorAll('.u-legend')].map(l =>"
                    + " [...l.querySelectorAll('.u-marker')].map(m => m.style.border).slice(1))");
    for (Object chart : (List<?>) markers) {
      List<?> lines = (List<?>) chart;
      assertEquals(lines.size(), lines.stream().distinct().count(), lines.toString());
    }
    assertFalse(text("table").contains("strict score"), text("table"));
  }

  @Test
  void theDashboardFollowsTheRun() throws IOException {
    Path run = SyntheticRun.write(folder.resolve("live"), 5);
    try (PageServer dashboard = Dashboard.start(List.of(run), LocalServer.THIS_MACHINE, 0)) {
      browser.console();
      browser.requests();
      browser.driver().get(dashboard.address());
      waitFor("html[data-ready]");
      assertTrue(text("table").contains("live 5 "), text("table"));
      Files.writeString(
          run.resolve("metrics.jsonl"), SyntheticRun.metrics(6) + "\n", StandardOpenOption.APPEND);
      new WebDriverWait(browser.driver(), Duration.ofSeconds(15))
          .ignoring(StaleElementReferenceException.class) // the page is drawing itself again
          .until(_ -> text("table").contains("live 6 "));
      assertEquals(List.of(), browser.console());
      assertTrue(browser.requests().stream().allMatch(url -> url.startsWith(dashboard.address())));
      browser.driver().get("about:blank");
    }
  }

  private static void waitFor(String selector) {
    new WebDriverWait(browser.driver(), Duration.ofSeconds(20))
        .until(d -> !d.findElements(By.cssSelector(selector)).isEmpty());
  }

  private static int count(String selector) {
    return browser.driver().findElements(By.cssSelector(selector)).size();
  }

  private static String text(String selector) {
    WebElement element = browser.driver().findElement(By.cssSelector(selector));
    return element.getText().replaceAll("\\s+", " ");
  }
}
