package org.diffusionnft.tests.examples;

import java.io.File;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The modules of this test's class path, to start programs that are modules themselves. */
final class ModulePath {
  private final Map<String, ModuleReference> modules = new HashMap<>();

  /** Reads the class path. What cannot be a module, such as a folder of tests, is left out. */
  ModulePath() {
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      try {
        ModuleFinder.of(Path.of(entry))
            .findAll()
            .forEach(module -> modules.putIfAbsent(module.descriptor().name(), module));
      } catch (FindException e) {
        // its name makes no module
      }
    }
  }

  /** A module path with these modules and all that they require, and nothing else. */
  String with(String... names) {
    Deque<String> open = new ArrayDeque<>(List.of(names));
    Set<String> needed = new TreeSet<>();
    while (!open.isEmpty()) {
      ModuleReference module = modules.get(open.pop());
      if (module != null && needed.add(module.descriptor().name())) {
        for (ModuleDescriptor.Requires required : module.descriptor().requires()) {
          if (!required.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC)) {
            open.push(required.name());
          }
        }
      }
    }
    return needed.stream()
        .map(name -> Path.of(modules.get(name).location().orElseThrow()).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
