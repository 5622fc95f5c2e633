"""Makes the virtual environment and fills it from the hashed lists; quick where nothing changed.

    python3 tools/setup.py [test] [lint]

Runs on a stock Debian 12 with python3 alone. A stamp per list holds the list's digest, so a second call does nothing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import nginx
from tools.system import ROOT, apt_install, has_chinese_fonts, has_pdf_libraries, may_install, say, stop

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, TOO_NEW = (3, 11, 2), (3, 14)
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk")


def run(*command: str | Path, **environment: str) -> bool:
    """Run a command; returns whether it worked and shows what it said where it did not."""
    finished = subprocess.run(
        [str(word) for word in command],
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode:
        print("\n".join(finished.stdout.strip().splitlines()[-15:]), file=sys.stderr)
    return finished.returncode == 0


def quietly(*command: str | Path) -> bool:
    """Run a command whose failure is an answer; returns whether it worked."""
    return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0


def digest(name: str) -> str:
    """Return what the stamp of the list `name` must hold."""
    listed = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    environment = VENV / "pyvenv.cfg"  # names the Python that .venv was made with
    return hashlib.sha256(listed + (environment.read_bytes() if environment.exists() else b"")).hexdigest()


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def is_installed(name: str) -> bool:
    return PYTHON.exists() and stamp(name).exists() and stamp(name).read_text(encoding="ascii") == digest(name)


def make_environment() -> None:
    """Create .venv, with what this machine offers for it."""
    if not OLDEST <= sys.version_info[:3] < TOO_NEW:
        stop(f"需要 Python 3.11.2 至 3.13，这里是 {sys.version.split()[0]}。可用 make PYTHON=python3.11 指定另一个。")
    if PYTHON.exists() and quietly(PYTHON, "-c", "import sys"):
        return
    say("建立虚拟环境 .venv")
    can_make = importlib.util.find_spec("ensurepip") or shutil.which("uv")  # Debian keeps ensurepip in a package of its own
    if not can_make and not apt_install("python3-venv"):
        stop("缺少 python3-venv，请让管理员执行：apt-get install python3-venv")
    uv = shutil.which("uv")
    made = run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV) if uv else False
    if not made and not run(sys.executable, "-m", "venv", "--clear", VENV):
        stop("建不了虚拟环境，请让管理员执行：apt-get install python3-venv")


def find_uv() -> list[str]:
    """Return the command of uv: the machine's, or one installed into .venv by pip; [] where neither is to be had."""
    if (VENV / "bin" / "uv").exists():
        return [str(VENV / "bin" / "uv")]
    if path := shutil.which("uv"):
        return [path]
    if not quietly(PYTHON, "-m", "pip", "--version") and not quietly(PYTHON, "-m", "ensurepip"):
        return []
    say("取得安装工具 uv")
    listed = ROOT / "requirements" / "bootstrap.txt"
    if run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", listed):
        return [str(VENV / "bin" / "uv")]
    return []


def pip_configuration() -> dict[str, str]:
    """Return pip's own settings of this machine as uv's variables: uv reads neither pip.conf nor PIP_*."""
    pip = [str(PYTHON), "-m", "pip"]
    if not quietly(*pip, "--version"):
        pip = [sys.executable, "-m", "pip"]
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        found[key.rpartition(".")[2].replace("_", "-").lower()] = " ".join(
            value.strip().strip("'\"").replace("\\n", " ").split()
        )
    for variable, value in os.environ.items():
        if variable.startswith("PIP_"):
            found[variable[4:].replace("_", "-").lower()] = value
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
        "trusted-host": "UV_INSECURE_HOST",
        "no-index": "UV_NO_INDEX",
    }
    wanted = {names[key]: value for key, value in found.items() if key in names and value}
    if "UV_FIND_LINKS" in wanted:
        wanted["UV_FIND_LINKS"] = ",".join(wanted["UV_FIND_LINKS"].split())
    return {key: value for key, value in wanted.items() if key not in os.environ}


def install(names: list[str]) -> None:
    """Install every list of `names` whose stamp is missing or old; by uv, and by pip where uv cannot."""
    missing = [name for name in names if not is_installed(name)]
    if not missing:
        return
    say(f"安装依赖：{'、'.join(missing)}（首次约需一分钟）")
    lists = [word for name in missing for word in ("-r", str(ROOT / "requirements" / f"{name}.txt"))]
    uv = find_uv()
    done = bool(uv) and run(
        *uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "--compile-bytecode", *lists,
        UV_PYTHON_DOWNLOADS="never", UV_INDEX_STRATEGY="unsafe-best-match", VIRTUAL_ENV=str(VENV),
        PYTHONDONTWRITEBYTECODE="", **pip_configuration(),
    )  # fmt: skip
    if not done and not run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", *lists):
        stop("依赖没有装上，见上面的输出；多为网络或软件源的问题，修好后再执行一次即可。")
    for name in missing:
        stamp(name).write_text(digest(name), encoding="ascii")


def prepare_pdf() -> None:
    """Install what draws PDF files where we may; otherwise say once what is missing."""
    if has_pdf_libraries() and has_chinese_fonts():
        return
    if may_install():
        say("安装 PDF 所需的 pango 和中文字体")
        if apt_install(*PDF_PACKAGES):
            return
    say(f"缺少 PDF 所需的软件（apt-get install {' '.join(PDF_PACKAGES)}），装上之前提醒单由浏览器打印。")


def main() -> None:
    names = ["run", *sys.argv[1:]]
    if unknown := set(names) - {"run", "test", "lint"}:
        stop(f"没有这样的依赖清单：{'、'.join(sorted(unknown))}。")
    make_environment()
    install(names)
    prepare_pdf()
    if "test" in names:
        nginx.install()
    say("依赖已就绪")


if __name__ == "__main__":
    main()
