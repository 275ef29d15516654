package org.diffusionnft.tests.report;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium that remembers what pages complain about and ask the network for. */
final class Browser implements AutoCloseable {
  private static final List<String> BROWSERS =
      List.of("chromium", "chromium-browser", "google-chrome", "chrome");

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Why there is no browser here; empty if there is one. */
  static String missing() {
    if (browser().isEmpty()) {
      return "no Chromium on the PATH (Debian: apt-get install chromium chromium-driver)";
    }
    return find("chromedriver").isEmpty()
        ? "no chromedriver on the PATH (Debian: apt-get install chromium-driver)"
        : "";
  }

  static Browser open() {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser().orElseThrow().toString());
    options.addArguments(
        "--headless=new",
        "--no-sandbox", // tests may run as root, in a container
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1400,1000");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(find("chromedriver").orElseThrow().toFile())
            .usingAnyFreePort()
            .withEnvironment(Map.of("SE_AVOID_STATS", "true"))
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  ChromeDriver driver() {
    return driver;
  }

  /** What the console says since it was asked last. */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Addresses asked for since this was asked last, those inside of pages aside. */
  List<String> requests() {
    return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
        .map(LogEntry::getMessage)
        .filter(m -> m.contains("\"Network.requestWillBeSent\""))
        .map(m -> m.replaceFirst("(?s).*?\"request\":\\{.*?\"url\":\"([^\"]*)\".*", "$1"))
        .filter(url -> !url.startsWith("data:"))
        .toList();
  }

  /** Milliseconds from the start of the navigation until the page had drawn itself. */
  double loadMillis() {
    Object millis =
        driver.executeScript(
            "const n = performance.getEntriesByType('navigation')[0]; return n.loadEventEnd;");
    return ((Number) millis).doubleValue();
  }

  private static Optional<Path> browser() {
    return BROWSERS.stream().flatMap(name -> find(name).stream()).findFirst();
  }

  private static Optional<Path> find(String name) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
