import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * Converts the Markdown pages of this project to a static web site: pages keep the paths of their
 * files, linked files are copied along, and Javadoc goes to {@code api}. A broken link is an error.
 *
 * <p>Run by {@code docs/pom.xml} as a source file: {@code java Site.java ROOT OUT}.
 */
final class Site {
  private static final List<Extension> EXTENSIONS =
      List.of(TablesExtension.create(), HeadingAnchorExtension.create());
  private static final Pattern TITLE = Pattern.compile("(?m)^# (.*)$");
  private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");
  private static final Pattern REFERENCE = Pattern.compile(" (?:href|src)=\"([^\"]*)\"");

  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>%1$s</title>
      <link rel="stylesheet" href="%2$ssite.css">
      </head>
      <body>
      <nav>
      %3$s</nav>
      <main>
      %4$s</main>
      </body>
      </html>
      """;

  private static final String STYLE =
      """
      body { margin: 0; display: flex; font: 16px/1.55 system-ui, sans-serif; color: #1c1e21; background: #fff }
      nav { flex: 0 0 14rem; padding: 1.5rem 1rem; background: #f4f5f7; font-size: .9rem; min-height: 100vh; box-sizing: border-box }
      nav ul { list-style: none; margin: 0 0 1rem; padding: 0 }
      nav li { margin: .15rem 0 }
      nav [aria-current] { font-weight: 600; color: inherit }
      main { flex: 1; min-width: 0; max-width: 60rem; padding: 1.5rem 2rem 4rem }
      a { color: #0b57b0 }
      pre { overflow-x: auto; padding: .8rem 1rem; background: #f4f5f7; line-height: 1.4 }
      code { font: .875em/1.4 ui-monospace, monospace; background: #f4f5f7 }
      table { display: block; overflow-x: auto; border-collapse: collapse }
      th, td { padding: .3rem .7rem; border: 1px solid #d5d8dc; text-align: left; vertical-align: top }
      img { max-width: 100% }
      @media (max-width: 50rem) { body { display: block } nav { min-height: 0 } main { padding: 1rem } }
      @media (prefers-color-scheme: dark) {
        body { color: #e4e6e9; background: #17191c }
        nav, pre, code { background: #22262b }
        th, td { border-color: #3d434a }
        a { color: #7db4f5 }
      }
      """;

  private final Path root;
  private final Path out;
  private final Map<Path, String> pages =
      new TreeMap<>(); // Markdown by its file, seen from the root
  private final Set<Path> copied = new HashSet<>();
  private final List<String> errors = new ArrayList<>();

  private Site(Path root, Path out) {
    this.root = root;
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    Site site = new Site(Path.of(args[0]).toRealPath(), Path.of(args[1]).toAbsolutePath());
    site.read();
    site.write();
    site.check();
    if (!site.errors.isEmpty()) {
      site.errors.forEach(System.err::println);
      System.exit(1);
    }
    System.out.println(site.pages.size() + " pages, all links lead somewhere: " + site.out);
  }

  private void read() throws IOException {
    List<Path> files = new ArrayList<>(List.of(Path.of("README.md"), Path.of("CHANGELOG.md")));
    for (String folder : List.of("docs", "docs/course", "examples", "benchmarks")) {
      try (Stream<Path> inside = Files.list(root.resolve(folder))) {
        inside.filter(f -> f.toString().endsWith(".md")).map(root::relativize).forEach(files::add);
      }
    }
    for (Path file : files) {
      pages.put(file, Files.readString(root.resolve(file)));
    }
  }

  private void write() throws IOException {
    List<String> modules = javadoc();
    Files.createDirectories(out);
    Files.writeString(out.resolve("site.css"), STYLE);
    Parser parser = Parser.builder().extensions(EXTENSIONS).build();
    HtmlRenderer renderer = HtmlRenderer.builder().extensions(EXTENSIONS).build();
    for (var page : pages.entrySet()) {
      Node document = parser.parse(page.getValue());
      document.accept(new Links(page.getKey()));
      write(page.getKey(), title(page.getValue()), renderer.render(document), modules);
    }
    if (!modules.isEmpty()) {
      String list =
          modules.stream()
              .map(name -> "<li><a href=\"%1$s/index.html\">%1$s</a></li>%n".formatted(name))
              .collect(Collectors.joining());
      String body = "<h1>Javadoc</h1>\n<ul>\n" + list + "</ul>\n";
      write(Path.of("api/README.md"), "Javadoc", body, modules);
    }
  }

  private void write(Path file, String title, String body, List<String> modules)
      throws IOException {
    Path html = out.resolve(html(file));
    Files.createDirectories(html.getParent());
    String up = "../".repeat(file.getNameCount() - 1);
    Files.writeString(
        html, PAGE.formatted(escaped(title), up, navigation(file, up, modules), body));
  }

  /** Copies the Javadoc that {@code mvn -Prelease verify} has generated, if any. */
  private List<String> javadoc() throws IOException {
    Map<String, Path> found = new TreeMap<>();
    try (Stream<Path> folders = Files.walk(root, 2)) {
      folders
          .filter(folder -> Files.exists(folder.resolve("target/reports/apidocs/index.html")))
          .forEach(
              folder ->
                  found.put(
                      folder.getFileName().toString(), folder.resolve("target/reports/apidocs")));
    }
    for (var module : found.entrySet()) {
      Path target = out.resolve("api").resolve(module.getKey());
      try (Stream<Path> files = Files.walk(module.getValue())) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          copy(file, target.resolve(module.getValue().relativize(file).toString()));
        }
      }
    }
    return List.copyOf(found.keySet());
  }

  private String navigation(Path current, String up, List<String> modules) {
    StringBuilder text = new StringBuilder();
    String folder = "";
    text.append("<ul>\n");
    for (Path file : pages.keySet().stream().sorted(Site::inOrder).toList()) {
      String here = String.valueOf(file.getParent());
      if (!here.equals(folder) && !folder.isEmpty()) {
        text.append("</ul>\n<ul>\n");
      }
      folder = here;
      item(text, up + html(file), title(pages.get(file)), file.equals(current));
    }
    text.append("</ul>\n<ul>\n");
    if (Files.exists(out.resolve("learn/index.html"))) {
      item(text, up + "learn/index.html", "The course to play with", false);
    }
    if (!modules.isEmpty()) {
      item(text, up + "api/index.html", "Javadoc", current.startsWith("api"));
    }
    return text.append("</ul>\n").toString();
  }

  /** Orders the project page first, then the course, then all others by name. */
  private static int inOrder(Path a, Path b) {
    List<String> order = List.of("null", "docs/course", "docs", "examples", "benchmarks");
    int folder =
        Integer.compare(
            order.indexOf(String.valueOf(a.getParent())),
            order.indexOf(String.valueOf(b.getParent())));
    return folder != 0 ? folder : rank(a).compareTo(rank(b));
  }

  private static String rank(Path file) {
    String name = file.getFileName().toString();
    return name.equals("README.md") ? "" : name;
  }

  private static void item(StringBuilder text, String to, String title, boolean current) {
    text.append(
        "<li><a href=\"%s\"%s>%s</a></li>%n"
            .formatted(to, current ? " aria-current=\"page\"" : "", escaped(title)));
  }

  /** Redirects links to Markdown files to their pages, and copies other link targets. */
  private final class Links extends AbstractVisitor {
    private final Path page;

    private Links(Path page) {
      this.page = page;
    }

    @Override
    public void visit(Link link) {
      link.setDestination(led(link.getDestination()));
      visitChildren(link);
    }

    @Override
    public void visit(Image image) {
      image.setDestination(led(image.getDestination()));
      visitChildren(image);
    }

    private String led(String destination) {
      URI uri = URI.create(destination);
      if (uri.isAbsolute() || uri.getPath().isEmpty()) {
        return destination;
      }
      Path target = page.resolveSibling(uri.getPath()).normalize();
      if (pages.containsKey(target)) {
        String fragment = uri.getFragment() == null ? "" : "#" + uri.getFragment();
        Path from = page.getParent() == null ? Path.of("") : page.getParent();
        return from.relativize(html(target)) + fragment;
      }
      if (!Files.isRegularFile(root.resolve(target))) {
        errors.add(page + ": there is no " + destination);
      } else if (copied.add(target)) {
        try {
          copy(root.resolve(target), out.resolve(target));
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
      return destination;
    }
  }

  /** Checks that the target of every link and image exists, including the heading it names. */
  private void check() throws IOException {
    Map<Path, Set<String>> ids = new HashMap<>();
    for (Path file : pages.keySet()) {
      Path html = out.resolve(html(file));
      for (String reference : matches(REFERENCE, Files.readString(html))) {
        URI uri = URI.create(reference);
        if (uri.isAbsolute()) {
          continue;
        }
        Path target =
            uri.getPath().isEmpty() ? html : html.resolveSibling(uri.getPath()).normalize();
        if (!Files.isRegularFile(target)) {
          errors.add(file + ": nothing is at " + reference);
        } else if (uri.getFragment() != null) {
          if (!ids.containsKey(target)) {
            ids.put(target, Set.copyOf(matches(ID, Files.readString(target))));
          }
          if (!ids.get(target).contains(uri.getFragment())) {
            errors.add(file + ": there is no heading at " + reference);
          }
        }
      }
    }
  }

  private static Set<String> matches(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map((MatchResult m) -> m.group(1))
        .collect(Collectors.toSet());
  }

  private static Path html(Path file) {
    String name = file.getFileName().toString().replaceFirst("\\.md$", ".html");
    return file.resolveSibling(name.equals("README.html") ? "index.html" : name);
  }

  private static String title(String markdown) {
    var title = TITLE.matcher(markdown);
    return title.find() ? title.group(1).replace("`", "") : "";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }
}
