import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Generates a table of all settings from the source of their records: the Javadoc of each
 * component, the type that {@code bind} reads it as, and the range that the constructor checks. So
 * what users read about a setting is what the code next to it says.
 *
 * <p>Each line has the key, its type, its range, its name in the reference code and its
 * description, separated by tabs.
 */
void main(String[] args) throws IOException {
  List<Path> sources = Stream.of(args).limit(args.length - 1).map(Path::of).toList();
  Path table = Path.of(args[args.length - 1]);
  String text = new Settings(sources).table();
  Files.createDirectories(table.getParent());
  if (!Files.exists(table) || !Files.readString(table).equals(text)) {
    Files.writeString(table, text);
  }
}

final class Settings {
  private static final Pattern REFERENCE =
      Pattern.compile("\\s*In the reference code:? `?([^`]*?)`?\\.(?=\\s|$)");

  private final Map<String, ClassTree> classes = new HashMap<>();
  private final Map<String, String> ownersOfBindings = new HashMap<>();
  private final Map<String, MethodTree> bindings = new HashMap<>();
  private final Map<String, ExpressionTree> constants = new HashMap<>();
  private final Map<Tree, DocCommentTree> docs = new HashMap<>();
  private final List<String> lines = new ArrayList<>();

  Settings(List<Path> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
    List<Path> paths = new ArrayList<>();
    for (Path source : sources) {
      try (Stream<Path> walk = Files.walk(source)) {
        walk.filter(f -> f.toString().endsWith(".java")).sorted().forEach(paths::add);
      }
    }
    Iterable<? extends JavaFileObject> units = files.getJavaFileObjectsFromPaths(paths);
    JavacTask task =
        (JavacTask) compiler.getTask(null, files, null, List.of("-proc:none"), null, units);
    DocTrees trees = DocTrees.instance(task);
    for (CompilationUnitTree unit : task.parse()) {
      new Collector(trees).scan(unit, null);
    }
  }

  String table() {
    section("", "TrainConfig", "bind");
    return String.join("\n", lines) + "\n";
  }

  /** Collects classes, constants and the functions that read records, by name. */
  private final class Collector extends TreePathScanner<Void, Void> {
    private final DocTrees trees;

    Collector(DocTrees trees) {
      this.trees = trees;
    }

    @Override
    public Void visitClass(ClassTree node, Void none) {
      classes.put(node.getSimpleName().toString(), node);
      note(node);
      return super.visitClass(node, none);
    }

    @Override
    public Void visitMethod(MethodTree node, Void none) {
      String name = node.getName().toString();
      if (name.startsWith("bind")
          && !node.getParameters().isEmpty()
          && node.getParameters().getFirst().getType().toString().equals("Keys")) {
        ClassTree owner = (ClassTree) getCurrentPath().getParentPath().getLeaf();
        bindings.put(owner.getSimpleName() + "::" + name, node);
        note(node);
      }
      return super.visitMethod(node, none);
    }

    @Override
    public Void visitVariable(VariableTree node, Void none) {
      if (node.getModifiers().getFlags().contains(Modifier.STATIC)
          && node.getInitializer() != null) {
        constants.put(node.getName().toString(), node.getInitializer());
      }
      return super.visitVariable(node, none);
    }

    private void note(Tree node) {
      TreePath path = getCurrentPath();
      DocCommentTree doc = trees.getDocCommentTree(path);
      if (doc != null) {
        docs.put(node, doc);
      }
    }
  }

  /** Adds all keys that a function reads. */
  private void section(String prefix, String owner, String function) {
    MethodTree binding = bindings.get(owner + "::" + function);
    String record = binding.getReturnType().toString();
    Map<String, String> words = words(record);
    Map<String, String> ranges = ranges(record, binding);
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitMethodInvocation(MethodInvocationTree call, Void none) {
        if (call.getMethodSelect() instanceof MemberSelectTree select
            && select.getExpression().toString().equals("keys")) {
          String key = literal(call.getArguments().getFirst());
          String text = words.getOrDefault(key, "");
          if (text.isEmpty() && docs.containsKey(binding)) {
            text = text(docs.get(binding).getFullBody()); // a key without a component
          }
          line(
              prefix + key,
              type(select.getIdentifier().toString(), record, key),
              ranges.get(key),
              text);
          if (select.getIdentifier().contentEquals("section")) {
            MemberReferenceTree inner = (MemberReferenceTree) call.getArguments().get(2);
            section(
                prefix + key + ".",
                inner.getQualifierExpression().toString(),
                inner.getName().toString());
          }
        }
        return super.visitMethodInvocation(call, none);
      }
    }.scan(binding, null);
  }

  private void line(String key, String type, String range, String text) {
    String reference = "";
    Matcher matcher = REFERENCE.matcher(text);
    if (matcher.find()) {
      reference = matcher.group(1);
      text = matcher.replaceFirst("").strip();
    }
    text = text.replaceFirst("\\.$", "");
    lines.add(String.join("\t", key, type, range == null ? "" : range, reference, text));
  }

  private String type(String method, String record, String key) {
    return switch (method) {
      case "count", "integer", "optionalInteger" -> "whole number";
      case "number" -> "number";
      case "flag" -> "true or false";
      case "text" -> "text";
      case "texts" -> "list of texts";
      case "rewards" -> "weights by name";
      case "stages" -> "list of stages";
      case "section" -> "section";
      case "choice" -> "one of " + String.join(", ", choices(record, key));
      default -> throw new IllegalStateException("unknown kind of setting: " + method);
    };
  }

  private List<String> choices(String record, String key) {
    for (Tree member : classes.get(record).getMembers()) {
      if (member instanceof VariableTree component && component.getName().contentEquals(key)) {
        return classes.get(component.getType().toString()).getMembers().stream()
            .filter(m -> m instanceof VariableTree v && v.getType() instanceof IdentifierTree)
            .map(m -> ((VariableTree) m))
            .filter(v -> v.getType().toString().equals(component.getType().toString()))
            .map(v -> v.getName().toString().toLowerCase(Locale.ROOT))
            .toList();
      }
    }
    throw new IllegalStateException(record + " has no component " + key);
  }

  /** The Javadoc of a record's components. */
  private Map<String, String> words(String record) {
    Map<String, String> words = new HashMap<>();
    DocCommentTree doc = docs.get(classes.get(record));
    if (doc != null) {
      for (DocTree tag : doc.getBlockTags()) {
        if (tag instanceof ParamTree param) {
          words.put(param.getName().toString(), text(param.getDescription()));
        }
      }
    }
    return words;
  }

  private static String text(List<? extends DocTree> parts) {
    return parts.stream()
        .map(
            part ->
                switch (part) {
                  case LiteralTree code -> "`" + code.getBody().getBody().strip() + "`";
                  case LinkTree link -> "`" + link.getReference().getSignature() + "`";
                  default -> part.toString();
                })
        .collect(Collectors.joining())
        .replaceAll("\\s+", " ")
        .strip();
  }

  /**
   * The ranges that the constructor and the function require of each key. Of an {@code if} with two
   * branches, the first counts.
   */
  private Map<String, String> ranges(String record, MethodTree binding) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    TreeScanner<Void, Void> scanner =
        new TreeScanner<>() {
          @Override
          public Void visitIf(IfTree node, Void none) {
            return scan(node.getThenStatement(), none);
          }

          @Override
          public Void visitMethodInvocation(MethodInvocationTree call, Void none) {
            String range = range(call);
            if (!range.isEmpty()) {
              found
                  .computeIfAbsent(literal(call.getArguments().getFirst()), _ -> new ArrayList<>())
                  .add(range);
            }
            return super.visitMethodInvocation(call, none);
          }
        };
    for (Tree member : classes.get(record).getMembers()) {
      if (member instanceof MethodTree method && method.getReturnType() == null) {
        scanner.scan(method, null);
      }
    }
    scanner.scan(binding, null);
    Map<String, String> ranges = new HashMap<>();
    found.forEach((key, parts) -> ranges.put(key, String.join(", ", parts)));
    return ranges;
  }

  private String range(MethodInvocationTree call) {
    List<? extends ExpressionTree> arguments = call.getArguments();
    return switch (call.getMethodSelect().toString()) {
      case "requirePositive" -> "above 0";
      case "requireNotNegative" -> "at least 0";
      case "requireWithin" -> number(arguments.get(2)) + " to " + number(arguments.get(3));
      case "require" ->
          arguments.getLast() instanceof com.sun.source.tree.LiteralTree
              ? literal(arguments.getLast())
              : "";
      default -> "";
    };
  }

  private static String literal(ExpressionTree tree) {
    return String.valueOf(((com.sun.source.tree.LiteralTree) tree).getValue());
  }

  private long number(ExpressionTree tree) {
    return switch (tree) {
      case com.sun.source.tree.LiteralTree l -> ((Number) l.getValue()).longValue();
      case IdentifierTree name -> number(constants.get(name.getName().toString()));
      case MemberSelectTree member when member.toString().equals("Integer.MAX_VALUE") ->
          Integer.MAX_VALUE;
      case MemberSelectTree member -> number(constants.get(member.getIdentifier().toString()));
      case BinaryTree binary when binary.getKind() == Tree.Kind.LEFT_SHIFT ->
          number(binary.getLeftOperand()) << number(binary.getRightOperand());
      case BinaryTree binary when binary.getKind() == Tree.Kind.MULTIPLY ->
          number(binary.getLeftOperand()) * number(binary.getRightOperand());
      default -> throw new IllegalStateException("not a constant: " + tree);
    };
  }
}
