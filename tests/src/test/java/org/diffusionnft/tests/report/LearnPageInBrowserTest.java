package org.diffusionnft.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.http.PageServer;
import org.diffusionnft.studies.course.LearnPage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * The page to play with as a person uses it: in a real browser, with mouse and keyboard. Where
 * there is none, these tests are skipped and say so; with {@code CI=true} they fail.
 */
@Tag("slow")
class LearnPageInBrowserTest {
  private static final String CONTROLS =
      "input, select, button, summary, canvas[tabindex], a[href]";

  private static Browser browser;
  private static LearnPage page;
  private static String address;

  @BeforeAll
  static void open(@TempDir Path folder) throws IOException {
    String missing = Browser.missing();
    if ("true".equals(System.getenv("CI"))) {
      assertEquals("", missing, "CI=true needs a browser");
    }
    assumeTrue(missing.isEmpty(), missing);
    page = LearnPage.compute();
    address = page.write(folder).toUri().toString();
    browser = Browser.open();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void load() {
    browser.console();
    browser.requests();
    browser.driver().get(address);
    await("document.documentElement.dataset.ready");
  }

  /** From a folder: nothing is asked for but the file, and nothing complained about. */
  @Test
  void worksAsAFile() {
    await("[...document.querySelectorAll('.said')].every(p => p.textContent.length > 20)");
    assertEquals(List.of(), browser.console());
    assertEquals(List.of(address), browser.requests());
    assertEquals(
        List.of(),
        ask(
            "return [...document.querySelectorAll('canvas')].filter(c => !drawn(c)).map(c =>"
                + " c.dataset.name)"));
  }

  @Test
  void worksFromAServer() throws IOException {
    try (PageServer server = PageServer.bind(LocalServer.THIS_MACHINE, 0)) {
      page.serve(server);
      browser.driver().get(server.address());
      await("document.documentElement.dataset.ready");
      assertEquals(List.of(), browser.console());
      assertTrue(browser.requests().stream().skip(1).allMatch(url -> url.equals(server.address())));
      browser.driver().get("about:blank");
    }
  }

  /**
   * Each control in turn, by keys as those without a mouse use it: what its figure shows changes,
   * and the browser has nothing to complain about. A control of a kind that is not known here
   * fails.
   */
  @TestFactory
  Stream<DynamicTest> everyControlDoesSomething() {
    List<WebElement> controls = browser.driver().findElements(By.cssSelector(CONTROLS));
    assertTrue(controls.size() > 100, "only " + controls.size());
    return controls.stream()
        .map(
            control -> {
              String name = ask("return place(arguments[0])", control) + " " + control.getTagName();
              return DynamicTest.dynamicTest(
                  name,
                  () -> {
                    operate(control);
                    assertEquals(List.of(), browser.console());
                  });
            });
  }

  private static void operate(WebElement control) {
    ask("document.activeElement.blur(); arguments[0].scrollIntoView({ block: 'center' })", control);
    await("drawing.waiting.size === 0");
    switch (control.getTagName()) {
      case "input" ->
          changes(
              control,
              control.getDomProperty("type").equals("checkbox")
                  ? Keys.SPACE
                  : control.getDomProperty("value").equals(control.getDomProperty("max"))
                      ? Keys.ARROW_LEFT
                      : Keys.ARROW_RIGHT);
      case "select" -> {
        boolean last =
            (Boolean) ask("return arguments[0].selectedIndex === arguments[0].length - 1", control);
        changes(control, last ? Keys.ARROW_UP : Keys.ARROW_DOWN);
      }
      case "summary" -> {
        control.sendKeys(Keys.ENTER);
        await("arguments[0].parentElement.open", control);
      }
      case "canvas" -> {
        changes(control, Keys.ARROW_UP);
        changes(control, Keys.SPACE);
      }
      case "a" -> {
        control.sendKeys(Keys.ENTER);
        await("location.hash === arguments[0].hash", control);
        await("document.querySelector(location.hash) !== null");
      }
      case "button" -> press(control);
      default -> throw new AssertionError("nobody knows how to use a " + control.getTagName());
    }
  }

  private static void press(WebElement button) {
    String kind = (String) ask("return arguments[0].className", button);
    switch (kind) {
      case "show" -> {
        button.sendKeys(Keys.ENTER);
        await("!arguments[0].closest('li').querySelector('.done').hidden", button);
      }
      case "play" -> {
        changes(button, Keys.ENTER);
        await("arguments[0].getAttribute('aria-pressed') === 'true'", button);
        button.sendKeys(Keys.ENTER);
        await("arguments[0].getAttribute('aria-pressed') === 'false'", button);
      }
      default -> changes(button, Keys.ENTER);
    }
  }

  /** Presses a key at a control and waits until its figure has changed. */
  private static void changes(WebElement control, Keys key) {
    assertTrue(control.isEnabled(), "switched off");
    Object before = ask("return picture(arguments[0])", control);
    control.sendKeys(key);
    await("picture(arguments[0]) !== arguments[1]", control, before);
  }

  /** With the mouse a reward is drawn: over one part of the plane, on to the next. */
  @Test
  void rewardsAreDrawnWithTheMouse() {
    WebElement canvas = find("#trained canvas.paint");
    ask("arguments[0].scrollIntoView({ block: 'center' })", canvas);
    assertEquals(131L, ask("return FIGURES[5].value('wanted')"));
    int radius = canvas.getSize().getWidth() / 3;
    int slanted = (int) (radius * 0.7);
    new Actions(browser.driver())
        .moveToElement(canvas, 0, -radius)
        .clickAndHold()
        .moveToElement(canvas, -slanted, -slanted)
        .moveToElement(canvas, -radius, 0)
        .release()
        .perform();
    assertEquals(131L + 4 + 8 + 16, ask("return FIGURES[5].value('wanted')"));
    assertEquals(null, ask("return FIGURES[5].value('threshold')"));
    assertTrue(find("#trained-blob-3").isSelected());
    await("document.querySelector('#trained .said').textContent.includes('upper left')");
    new Actions(browser.driver()).moveToElement(canvas, radius, 0).click().perform();
    assertEquals(130L + 4 + 8 + 16, ask("return FIGURES[5].value('wanted')"));
    assertEquals(List.of(), browser.console());
  }

  /** What the page says is what was computed, for every reward that can be drawn. */
  @Test
  void everyRewardHasItsFields() {
    Object worst =
        ask(
            """
            let worst = 0;
            for (let wanted = 0; wanted < 256; wanted++) for (const t of [0.05, 0.3, 0.6, 1]) {
              const { old, positive, negative, alpha } = fields(wanted, t);
              old.forEach((v, i) => { const a = alpha[i >> 1];
                worst = Math.max(worst, Math.abs(a * positive[i] + (1 - a) * negative[i] - v)); });
            }
            return worst;\
            """);
    assertTrue(((Number) worst).doubleValue() < 0.003, "off by " + worst);
    Object least =
        ask(
            """
            return Math.min(...Array.from({ length: 254 }, (_, i) => {
              const { node, base, by } = reward(i + 1), drawn = images(node.updated[0.25], base, by);
              return drawn.share - images(DATA.policies.old, i + 1, 0).share;
            }));\
            """);
    assertTrue(((Number) least).doubleValue() > 0, "a reward does not help: " + least);
  }

  /** Those who do not see the figures hear what they show, and how each control is called. */
  @Test
  void everythingHasAName() {
    assertEquals(
        List.of(),
        ask(
            "return [...document.querySelectorAll('input, select')].filter(c => !c.labels.length ||"
                + " !c.labels[0].textContent.trim()).map(c => c.id)"));
    await(
        "[...document.querySelectorAll('canvas')].every(c => (c.getAttribute('aria-label') ||"
            + " '').length > 20)");
    assertEquals(
        List.of(),
        ask(
            "return [...document.querySelectorAll('input[type=range]')].filter(c =>"
                + " !c.getAttribute('aria-valuetext')).map(c => c.id)"));
    assertEquals(
        0L,
        ask(
            "const all = [...document.querySelectorAll('[id]')].map(e => e.id); return all.length -"
                + " new Set(all).size"));
    assertEquals(
        0L,
        ask(
            "return [...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex >"
                + " 0).length"));
    assertEquals(
        0L,
        ask(
            "return [...document.querySelectorAll('.said')].filter(p => p.getAttribute('aria-live')"
                + " !== 'polite').length"));
    String before = find("#implicit .said").getText();
    find("#implicit-opposite").sendKeys(Keys.ENTER);
    await("document.querySelector('#implicit .said').innerText !== arguments[0]", before);
    assertNotEquals(before, find("#implicit .said").getText());
    // The tab key goes through the page in the order in which it is read.
    find("#flow-play").sendKeys(Keys.TAB);
    assertEquals("flow-t", ask("return document.activeElement.id"));
  }

  /**
   * A redraw leaves room for sixty of them in a second, with two figures playing. The quickest
   * tenth tells what drawing takes: others are held up by whatever else this machine does.
   */
  @Test
  void playsSmoothly() {
    ask(
        """
        for (const id of ['flow', 'solvers']) document.getElementById(id + '-play').click();
        drawing.took.length = 0;\
        """);
    await("FIGURES[0].value('t') < 0.5");
    double millis =
        ((Number)
                ask(
                    "return drawing.took.toSorted((a, b) => a - b)[Math.floor(drawing.took.length /"
                        + " 10)]"))
            .doubleValue();
    assertTrue(millis < 1000.0 / 60, "a redraw takes " + millis + " ms");
    await(
        "FIGURES[0].value('t') === 0 && document.getElementById('flow-play').textContent ==="
            + " 'Play'");
    assertEquals(List.of(), browser.console());
  }

  /** Telephones and desks: nothing runs out of the page sideways. */
  @ParameterizedTest
  @ValueSource(ints = {390, 1280})
  void fitsItsScreen(int width) throws IOException {
    browser
        .driver()
        .executeCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            Map.of("width", width, "height", 844, "deviceScaleFactor", 1, "mobile", false));
    try {
      load();
      ask(
          "document.querySelectorAll('details').forEach(d => { d.open = true; });"
              + " document.querySelectorAll('.show').forEach(b => b.click());");
      await("document.querySelectorAll('.done[hidden]').length === 0");
      assertEquals(
          0L,
          ask(
              "return document.documentElement.scrollWidth -"
                  + " document.documentElement.clientWidth"));
      assertEquals(
          List.of(),
          ask(
              "return [...document.querySelectorAll('.figure, .figure > *, label, button,"
                  + " p')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth >"
                  + " 0).map(e => e.textContent.slice(0, 40))"));
      assertEquals(List.of(), browser.console());
      if (width > 1000 && Boolean.getBoolean("dnft.docs.write")) {
        load();
        ask("FIGURES[5].set('beta', 0.5)");
        await("document.querySelector('#trained .said').textContent.includes('β 0.5')");
        Files.write(
            Path.of(System.getProperty("user.dir")).resolveSibling("docs/images/course/page.png"),
            find("#trained").getScreenshotAs(OutputType.BYTES));
      }
    } finally {
      browser.driver().executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  /** What the scripts below share: what a control's figure shows, in a word, and where it is. */
  private static final String WORDS =
      """
      const figure = e => e.closest('.figure');
      const drawn = c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v !== 0);
      const picture = e => [...figure(e).querySelectorAll('canvas')].map(c => c.toDataURL()).join()
        + figure(e).querySelector('.bars')?.textContent;
      const place = e => (figure(e)?.id || 'page') + ' ' + (e.id || e.textContent.trim() || e.dataset.name);
      """;

  private static Object ask(String script, Object... arguments) {
    return browser.driver().executeScript(WORDS + script, arguments);
  }

  private static void await(String condition, Object... arguments) {
    new WebDriverWait(browser.driver(), Duration.ofSeconds(20), Duration.ofMillis(50))
        .withMessage(condition)
        .until(_ -> Boolean.TRUE.equals(ask("return Boolean(" + condition + ")", arguments)));
  }

  private static WebElement find(String selector) {
    return browser.driver().findElement(By.cssSelector(selector));
  }
}
