# 每个目标后面 ## 的说明由 make help 列出。只需要 python3、make 和 git；其余由 make setup 取得。
.DEFAULT_GOAL := help
.PHONY: help setup run demo test check format bench chaos coverage-of-requirements screenshots lock
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never

help: ## 列出可用的命令
	@echo '网群：make <命令>'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 28

setup: ## 建立环境、安装依赖（没有变化时立即结束）
	@$(PYTHON) tools/setup.py

run: ## 启动网群（演示）：门户、各网站、后台、后台任务、定时任务；可加 PORT=8000、DAYS_AHEAD=7
	@$(PYTHON) -m config.ports
	@$(PYTHON) tools/setup.py
	@exec env DEBUG=$${DEBUG:-1} $(VENV) -m config.run --demo

demo: ## 清除演示数据并重新建立（只限 SQLite）
	@$(PYTHON) tools/setup.py
	@exec env DEBUG=$${DEBUG:-1} $(VENV) -m config.prepare --demo --rebuild

test: ## 安装测试所需，在 SQLite 和 PostgreSQL 上运行全部测试
	@$(PYTHON) tools/setup.py test
	@exec $(VENV) -m tools.test $(ARGS)

check: ## 检查写法、类型、分层、模板和迁移
	@$(PYTHON) tools/setup.py test lint
	@exec $(VENV) -m tools.check

format: ## 整理代码和模板的格式
	@$(PYTHON) tools/setup.py lint
	@$(VENV) -m ruff check --quiet --fix . || true
	@$(VENV) -m ruff format --quiet .

bench: ## 测量速度，写入 build/bench.json；FULL=1 测全部规模，ONLY="serve release" 只测这几项
	@$(PYTHON) tools/setup.py
	@exec $(VENV) -m bench $(ONLY)

chaos: ## 在每一步中断，核对没有半成品，写入 build/chaos.json
	@$(PYTHON) tools/setup.py test
	@exec $(VENV) -m tests.chaos

coverage-of-requirements: ## 每条需求由哪些测试证明，写入 build/requirements.json
	@$(PYTHON) tools/setup.py test
	@exec $(VENV) -m tools.requirements

screenshots: ## 为说明文档截图
	@$(PYTHON) tools/setup.py test
	@exec $(VENV) -m tools.screenshots

lock: ## 按 pyproject.toml 更新 requirements/ 中的依赖清单
	@$(PYTHON) tools/setup.py
	@sh tools/lock.sh
