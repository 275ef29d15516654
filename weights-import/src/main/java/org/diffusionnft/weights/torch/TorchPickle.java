package org.diffusionnft.weights.torch;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pickles that {@code torch.save} writes for tensors and dictionaries of them, and
 * nothing else. A pickle is a program, but nothing is run here: Python names are only compared with
 * the few that create tensors, and any other object is kept as {@link Opaque}. A pickle that would
 * run commands when loaded by Python is rejected, because legitimate weights never contain that.
 */
final class TorchPickle {
  private static final int DEEPEST = 1_000_000;
  private static final int MOST_DIMENSIONS = 64;

  /** Python modules that no weights need, and that run commands or access the system. */
  private static final Set<String> RUNNING_MODULES =
      Set.of(
          "asyncio",
          "ctypes",
          "importlib",
          "nt",
          "os",
          "pip",
          "posix",
          "pty",
          "runpy",
          "shutil",
          "socket",
          "subprocess",
          "sys",
          "webbrowser");

  /** Python built-ins that run code or open files. */
  private static final Set<String> RUNNING =
      Set.of(
          "__import__",
          "breakpoint",
          "compile",
          "eval",
          "exec",
          "execfile",
          "file",
          "input",
          "open");

  /** Index of the metadata in the arguments that rebuild a tensor. */
  private static final int METADATA = 6;

  /** A Python global: a module and a name in it. */
  record Name(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  /** A tensor's storage: a file of the archive with elements of this type. */
  record StorageRef(String type, String key) {}

  /**
   * A tensor in a storage; offset, sizes and strides in elements.
   *
   * @param metadata flags that are on, such as {@code neg}: the stored values are then not the
   *     tensor's
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record TensorRef(
      StorageRef storage, long offset, long[] sizes, long[] strides, Set<String> metadata) {}

  /** Any object that is not about tensors. */
  record Opaque(Object what) {}

  private enum Mark {
    MARK
  }

  private enum Nothing {
    NONE
  }

  private final ByteBuffer in;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private TorchPickle(byte[] pickle) {
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The contents of a pickle: maps, lists, strings, numbers, {@link TensorRef}s, {@link Opaque}
   * objects.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static Object read(byte[] pickle) {
    try {
      return new TorchPickle(pickle).run();
    } catch (java.nio.BufferUnderflowException | java.util.NoSuchElementException e) {
      throw new IllegalArgumentException(
          "its pickle, the list of its tensors, ends too early: the file is damaged, copy or"
              + " download it again",
          e);
    } catch (ClassCastException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "its pickle, the list of its tensors, is none that torch.save writes, such as one with a"
              + " text where a number is expected: the file is damaged or was not written by"
              + " PyTorch; load it in Python and save it as safetensors",
          e);
    }
  }

  private Object run() {
    while (true) {
      int code = in.get() & 0xff;
      if (code == '.') {
        return pop();
      }
      if (stack.size() > DEEPEST) {
        throw new IllegalArgumentException("its pickle is too deep");
      }
      step(code);
    }
  }

  private void step(int code) {
    switch (code) {
      case 0x80 -> in.get(); // protocol
      case 0x95 -> in.getLong(); // frame
      case '(' -> stack.push(Mark.MARK);
      case '}' -> stack.push(new LinkedHashMap<>());
      case ']' -> stack.push(new ArrayList<>());
      case ')' -> stack.push(new ArrayList<>());
      case 'N' -> stack.push(Nothing.NONE);
      case 0x88 -> stack.push(true);
      case 0x89 -> stack.push(false);
      case 'K' -> stack.push((long) (in.get() & 0xff));
      case 'M' -> stack.push((long) (in.getShort() & 0xffff));
      case 'J' -> stack.push((long) in.getInt());
      case 0x8a -> stack.push(longNumber(in.get() & 0xff));
      case 'G' -> stack.push(in.order(ByteOrder.BIG_ENDIAN).getDouble());
      case 'X' -> stack.push(text(in.getInt()));
      case 0x8c -> stack.push(text(in.get() & 0xff));
      case 'q' -> memo.put(in.get() & 0xff, top());
      case 'r' -> memo.put(in.getInt(), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'h' -> stack.push(remembered(in.get() & 0xff));
      case 'j' -> stack.push(remembered(in.getInt()));
      case 'c' -> stack.push(harmless(new Name(line(), line())));
      case 0x93 -> {
        Object name = pop();
        stack.push(harmless(new Name((String) pop(), (String) name)));
      }
      case 't', 'l' -> stack.push(toMark());
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case 'Q' -> stack.push(storage(pop()));
      case 'R', 0x81 -> {
        List<?> arguments = (List<?>) pop();
        stack.push(call(pop(), arguments));
      }
      case 'b' -> pop(); // state of the object built; tensors and dictionaries need none
      case 's' -> {
        Object value = pop();
        put(pop(), value);
      }
      case 'u' -> {
        List<Object> pairs = toMark();
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
          put(pairs.get(i), pairs.get(i + 1));
        }
      }
      case 'a' -> {
        Object value = pop();
        append(List.of(value));
      }
      case 'e' -> append(toMark());
      default ->
          throw new IllegalArgumentException(
              "its pickle has the instruction 0x%02x, which none of tensors needs".formatted(code));
    }
    in.order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Name harmless(Name name) {
    int dot = name.module().indexOf('.');
    String root = dot < 0 ? name.module() : name.module().substring(0, dot);
    boolean builtIn = root.equals("builtins") || root.equals("__builtin__");
    if (builtIn ? RUNNING.contains(name.name()) : RUNNING_MODULES.contains(root)) {
      throw new IllegalArgumentException(
          "its pickle would run code in Python, with %s: get the weights from someone you trust"
              .formatted(quote(name.toString())));
    }
    return name;
  }

  private static Object call(Object function, List<?> arguments) {
    String name = function instanceof Name n ? n.toString() : "";
    return switch (name) {
      case "collections.OrderedDict" -> new LinkedHashMap<>();
      case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor" ->
          new TensorRef(
              (StorageRef) arguments.get(0),
              (Long) arguments.get(1),
              numbers((List<?>) arguments.get(2)),
              numbers((List<?>) arguments.get(3)),
              arguments.size() > METADATA ? on(arguments.get(METADATA)) : Set.of());
      case "torch._utils._rebuild_parameter" -> arguments.getFirst();
      default -> new Opaque(function);
    };
  }

  /** The keys of a dictionary whose values are not false; empty without a dictionary. */
  private static Set<String> on(Object metadata) {
    Set<String> on = new TreeSet<>();
    if (metadata != Nothing.NONE) {
      ((Map<?, ?>) metadata)
          .forEach(
              (key, value) -> {
                if (!Boolean.FALSE.equals(value)) {
                  on.add(String.valueOf(key));
                }
              });
    }
    return on;
  }

  private static long[] numbers(List<?> list) {
    if (list.size() > MOST_DIMENSIONS) {
      throw new IllegalArgumentException(
          "its pickle has a tensor of " + list.size() + " dimensions");
    }
    return list.stream()
        .mapToLong(
            number -> {
              if (number instanceof Long n) {
                return n;
              }
              throw new IllegalArgumentException(
                  "its pickle has a tensor with %s among its sizes or strides, where whole numbers are expected: it was not written by PyTorch; load it in Python and save it as safetensors"
                      .formatted(number instanceof String text ? quote(text) : "no number"));
            })
        .toArray();
  }

  private static StorageRef storage(Object id) {
    List<?> parts = (List<?>) id;
    if (parts.size() < 3 || !"storage".equals(parts.get(0))) {
      throw new IllegalArgumentException("its pickle refers to something that is no storage");
    }
    // Nothing else is converted to text: self-referential or highly shared objects could be
    // endless.
    String type = parts.get(1) instanceof Name n ? n.name() : (String) parts.get(1);
    return new StorageRef(type, (String) parts.get(2));
  }

  @SuppressWarnings("unchecked")
  private void put(Object key, Object value) {
    if (top() instanceof Map<?, ?> map && (key instanceof String || key instanceof Number)) {
      ((Map<Object, Object>) map).put(key, value);
    }
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> values) {
    if (top() instanceof List<?> list) {
      ((List<Object>) list).addAll(values);
    }
  }

  private void tuple(int size) {
    List<Object> items = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      items.add(pop());
    }
    Collections.reverse(items);
    stack.push(items);
  }

  private List<Object> toMark() {
    List<Object> items = new ArrayList<>();
    for (Object item = pop(); item != Mark.MARK; item = pop()) {
      items.add(item);
    }
    Collections.reverse(items);
    return items;
  }

  private Object remembered(int number) {
    Object value = memo.get(number);
    if (value == null) {
      throw new IllegalArgumentException("its pickle refers to something that it never made");
    }
    return value;
  }

  private Object pop() {
    return stack.pop();
  }

  private Object top() {
    return stack.getFirst();
  }

  private Object longNumber(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      long b = i + 1 == bytes ? in.get() : in.get() & 0xff;
      if (i < Long.BYTES) {
        value |= b << (8 * i);
      }
    }
    return value;
  }

  private String text(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("its pickle has a text longer than itself");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (int c = in.get(); c != '\n'; c = in.get()) {
      line.append((char) c);
    }
    return line.toString();
  }

  /**
   * The tensors of a dictionary, or of its {@code state_dict}; not of a nested one, which may be
   * cyclic.
   */
  static Map<String, TensorRef> tensors(@Nullable Object value) {
    Map<String, TensorRef> tensors = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> outer) {
      Map<?, ?> map = outer.get("state_dict") instanceof Map<?, ?> inner ? inner : outer;
      map.forEach(
          (name, tensor) -> {
            if (name instanceof String text && tensor instanceof TensorRef ref) {
              tensors.put(text, ref);
            }
          });
    }
    return tensors;
  }
}
