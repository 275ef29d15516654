package org.diffusionnft.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dependencies point one way: each module on those before it only, and nobody on kernels, whose
 * devices are found with {@link java.util.ServiceLoader}. No package imports in a circle, and no
 * module exports more than its API.
 */
@Tag("slow")
class DependencyRuleTest {
  private static final String TORNADO = "org.diffusionnft.kernels.tornado..";

  /** The modules from the lowest to the highest, with what each may use of ours. */
  enum Module {
    TENSOR("tensor"),
    CONFORMANCE("conformance", TENSOR),
    KERNELS("kernels", TENSOR),
    AUTOGRAD("autograd", TENSOR),
    MODELS("models", AUTOGRAD),
    WEIGHTS("weights", MODELS),
    HTTP("http", TENSOR),
    IMAGES("images"),
    ONNX("onnx", WEIGHTS),
    REWARDS("rewards", ONNX, IMAGES),
    PIPELINE("pipeline", WEIGHTS, IMAGES),
    TRAINER("trainer", REWARDS, PIPELINE),
    SHAPES("shapes", TRAINER),
    VERIFY("verify", TRAINER, CONFORMANCE),
    REPORTS("reports", TRAINER, HTTP),
    STUDIES("studies", SHAPES, REPORTS),
    SERVE("serve", SHAPES, HTTP),
    CLI("cli", VERIFY, REPORTS, STUDIES, SERVE);

    final String name;
    final Set<String> below;

    Module(String name, Module... uses) {
      this.name = name;
      this.below = new TreeSet<>();
      for (Module module : uses) {
        below.add(module.name);
        below.addAll(module.below);
      }
    }

    String classes() {
      return "org.diffusionnft." + name + "..";
    }
  }

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.diffusionnft");

  @ParameterizedTest
  @EnumSource
  void dependsOnlyOnModulesBelow(Module module) {
    String[] forbidden =
        Arrays.stream(Module.values())
            .filter(other -> other != module && !module.below.contains(other.name))
            .map(Module::classes)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(module.classes())
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .check(OURS);
  }

  /** Who imports our versions finds every artifact among them. */
  @ParameterizedTest
  @EnumSource
  void isInTheListOfVersions(Module module) throws IOException {
    String artifact = module == Module.WEIGHTS ? "weights-import" : module.name;
    Path bom = Path.of(System.getProperty("user.dir")).resolveSibling("diffusion-nft/bom/pom.xml");
    assertTrue(Files.readString(bom).contains("<artifactId>" + artifact + "</artifactId>"));
  }

  /**
   * {@code java..} covers the JDK's own; JSpecify's annotations are not needed at run time. The
   * package that only the profile {@code tornado} builds has a rule of its own.
   */
  @ParameterizedTest
  @EnumSource(names = {"TENSOR", "KERNELS", "AUTOGRAD", "MODELS"})
  void needsNothingButTheJdk(Module module) {
    String[] allowed =
        Stream.concat(
                Stream.of("java..", "jdk.incubator.vector..", "org.jspecify..", module.classes()),
                module.below.stream().map(below -> "org.diffusionnft." + below + ".."))
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(module.classes())
        .and()
        .resideOutsideOfPackage(TORNADO)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(allowed)
        .check(OURS);
  }

  /**
   * Of TornadoVM itself nothing but its public interface, and that in one package. Only the library
   * task of our own needs its runtime; it is one class.
   */
  @Test
  void tornadoVmStaysInItsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage(TORNADO)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("uk.ac.manchester..")
        .check(OURS);
    classes()
        .that()
        .resideInAPackage(TORNADO)
        .and()
        .haveNameNotMatching(".*\\.CublasProvider(\\$.*)?")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "org.diffusionnft.kernels..",
            "org.diffusionnft.tensor..",
            "uk.ac.manchester.tornado.api..")
        .allowEmptyShould(true)
        .check(OURS);
  }

  @Test
  void vectorApiStaysInKernels() {
    noClasses()
        .that()
        .resideOutsideOfPackage(Module.KERNELS.classes())
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(OURS);
  }

  static Stream<Arguments> libraries() {
    return Stream.of(
        Arguments.of("picocli..", Module.CLI),
        Arguments.of("me.tongfei..", Module.CLI),
        Arguments.of("org.ejml..", Module.PIPELINE));
  }

  /** What only one module needs is not dragged along by the others. */
  @ParameterizedTest
  @MethodSource("libraries")
  void isUsedInOneModuleOnly(String library, Module module) {
    noClasses()
        .that()
        .resideOutsideOfPackage(module.classes())
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(OURS);
  }

  @Test
  void noPackageImportsInACircle() {
    slices().matching("org.diffusionnft.(**)").should().beFreeOfCycles().check(OURS);
  }

  static Stream<Arguments> descriptors() {
    return Stream.of(
        Arguments.of("tensor", Set.of()),
        Arguments.of("kernels", Set.of("org.diffusionnft.tensor", "jdk.incubator.vector")),
        Arguments.of("autograd", Set.of("org.diffusionnft.tensor")),
        Arguments.of("models", Set.of("org.diffusionnft.autograd")),
        Arguments.of("conformance", Set.of("org.diffusionnft.tensor")),
        Arguments.of("images", Set.of()));
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void descriptorRequiresNoMore(String name, Set<String> expected) {
    Set<String> required =
        descriptor(name).requires().stream()
            .filter(
                requires ->
                    !requires.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC))
            .map(ModuleDescriptor.Requires::name)
            .filter(module -> !module.equals("java.base"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(expected), required);
  }

  /** Devices are found with ServiceLoader, and nobody builds on the command line. */
  @ParameterizedTest
  @ValueSource(strings = {"kernels", "cli"})
  void exportsNothing(String name) {
    assertEquals(Set.of(), descriptor(name).exports());
  }

  private static ModuleDescriptor descriptor(String name) {
    // Our folders and jars of the class path; some libraries are no valid modules.
    Path[] classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(entry -> entry.endsWith("classes") || entry.getParent().endsWith("target"))
            .toArray(Path[]::new);
    return ModuleFinder.of(classPath)
        .find("org.diffusionnft." + name)
        .map(ModuleReference::descriptor)
        .orElseThrow(() -> new AssertionError("no descriptor of " + name));
  }
}
